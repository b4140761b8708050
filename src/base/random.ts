/** The only source of chance in Coxswain; seeded in tests, so that a run can be replayed. */
export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
  /** RFC 9562 version 4. */
  uuid(): string;
  /** `length` characters from Kubernetes' alphabet for generated names: no vowels, no look-alikes. */
  suffix(length: number): string;
}

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

const hexadecimal = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function uuidFrom(byte: () => number): string {
  let text = '';
  for (let i = 0; i < 16; i++) {
    const value = byte();
    text += hexadecimal[i === 6 ? (value & 0x0f) | 0x40 : i === 8 ? (value & 0x3f) | 0x80 : value]!;
    if (i === 3 || i === 5 || i === 7 || i === 9) text += '-';
  }
  return text;
}

function suffixFrom(float: () => number, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += alphabet[Math.floor(float() * alphabet.length)];
  return text;
}

/** Chance from the platform. */
export class SystemRandom implements Random {
  float(): number {
    return Math.random();
  }

  uuid(): string {
    return globalThis.crypto.randomUUID();
  }

  suffix(length: number): string {
    return suffixFrom(() => Math.random(), length);
  }
}

/** The same sequence for the same seed (mulberry32). Not for secrets. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Chance of its own for whoever has this name, in any run with this seed. */
  static named(seed: number, name: string): SeededRandom {
    let hash = seed >>> 0;
    for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
    return new SeededRandom(hash ^ (hash >>> 15));
  }

  /** The seed of what is still to come: `new SeededRandom(random.state)` goes on where this one stands. */
  get state(): number {
    return this.#state;
  }

  /** Goes on from where another stood. */
  resume(state: number): void {
    this.#state = state >>> 0;
  }

  float(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  uuid(): string {
    return uuidFrom(() => Math.floor(this.float() * 256));
  }

  suffix(length: number): string {
    return suffixFrom(() => this.float(), length);
  }
}
