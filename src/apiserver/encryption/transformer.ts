/** A value as it was before it was sealed. */
export interface Opened {
  readonly plain: Uint8Array;
  /** Names the provider and key that sealed it: one that is not `current` any more is sealed anew at the next write. */
  readonly sealedBy: string;
}

/**
 * Changes values on their way to the disk and back. `key` is the store's key: it is authenticated, so that a value that
 * was moved to another key cannot be opened.
 */
export interface ValueTransformer {
  /** Names the provider and key that seal from now on. */
  readonly current: string;
  /** Throws when sealing is not possible now (a key service that is away for too long). */
  seal(plain: Uint8Array, key: string): Uint8Array;
  /** Throws, or rejects, with an Error that does not hold any of the value when it cannot be opened. Waits only where a key service must be asked. */
  open(stored: Uint8Array, key: string): Opened | Promise<Opened>;
}

/** One way of sealing, told apart by the first bytes of what it has sealed. */
export interface Provider extends ValueTransformer {
  /** Empty: values as they are, which do not begin as those of others do. */
  readonly prefix: string;
}

const encoder = new TextEncoder();

/** True when a value begins with the text. */
export function startsWith(value: Uint8Array, prefix: string): boolean {
  if (value.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (value[i] !== prefix.charCodeAt(i)) return false;
  return true;
}

/** A text before bytes, in one array. */
export function prefixed(prefix: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const head = encoder.encode(prefix);
  const whole = new Uint8Array(head.length + parts.reduce((sum, part) => sum + part.length, 0));
  whole.set(head);
  let at = head.length;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Seals with the first provider and opens with whichever sealed the value (upstream's prefix transformers). */
export class ProviderChain implements ValueTransformer {
  readonly #providers: readonly Provider[];

  constructor(providers: readonly Provider[]) {
    this.#providers = providers;
  }

  get current(): string {
    return this.#providers[0]!.current;
  }

  seal(plain: Uint8Array, key: string): Uint8Array {
    return this.#providers[0]!.seal(plain, key);
  }

  open(stored: Uint8Array, key: string): Opened | Promise<Opened> {
    const provider = this.#providers.find(({ prefix }) => (prefix === '' ? !startsWith(stored, 'k8s:enc:') : startsWith(stored, prefix)));
    if (provider === undefined) throw new Error('no matching prefix found');
    return provider.open(stored, key);
  }
}
