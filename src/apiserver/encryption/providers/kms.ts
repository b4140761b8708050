import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Random } from '../../../base/random.ts';
import type { Opened, Provider } from '../transformer.ts';
import { prefixed } from '../transformer.ts';
import { openGcm, sealGcm } from './aes-gcm.ts';
import type { EncryptedObject } from './encrypted-object.ts';
import { decodeEncryptedObject, encodeEncryptedObject, encryptedObjectProblem } from './encrypted-object.ts';
import type { KmsService } from './kms-service.ts';

/** As upstream: how often the plugin is asked, and how long a seed may be used without its having answered. */
const healthyIntervalMs = 60_000;
const unhealthyIntervalMs = 10_000;
const sourceMaxAgeMs = 3 * 60_000;
const seedBytes = 32;
const infoBytes = 32;
/** Decrypted sources that are kept; there is one for each key and each start of a server. */
const maxSources = 1000;

interface State {
  readonly seed: Uint8Array;
  readonly keyId: string;
  readonly encryptedSource: Uint8Array;
  readonly annotations: Readonly<Record<string, Uint8Array>>;
  expiresMs: number;
}

export interface KmsOptions {
  readonly name: string;
  readonly service: KmsService;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A key for one value: the first block of HKDF-Expand with SHA-256 (RFC 5869), which is all that is needed of it. */
const derivedKey = (seed: Uint8Array, info: Uint8Array): Uint8Array => createHmac('sha256', seed).update(info).update(Uint8Array.of(1)).digest();

/**
 * Envelope encryption under a key service (KMS v2): one seed is encrypted by the service, and every value is sealed
 * with a key derived from it. The service is asked when a server starts, when its key changes, and for values that
 * another seed sealed. While it is away, values open as long as their seed is known; sealing ends after three minutes.
 */
export class KmsProvider implements Provider, Disposable {
  readonly prefix: string;
  readonly #options: KmsOptions;
  readonly #sources = new Map<string, Promise<Uint8Array> | Uint8Array>();
  #state: State | undefined;
  #problem = 'the plugin has not been asked yet';
  #timer: Timer | undefined;
  #closed = false;

  private constructor(options: KmsOptions) {
    this.#options = options;
    this.prefix = `k8s:enc:kms:v2:${options.name}:`;
  }

  /** Asks the plugin for the first time; a plugin that is away does not keep the server from starting. */
  static async start(options: KmsOptions): Promise<KmsProvider> {
    const provider = new KmsProvider(options);
    await provider.#check();
    return provider;
  }

  get current(): string {
    return `${this.prefix}${this.#state?.keyId ?? ''}`;
  }

  /** Throws an Error when the plugin is away or not healthy. */
  checkHealth(): void {
    if (this.#problem !== '') throw new Error(this.#problem);
  }

  seal(plain: Uint8Array, key: string): Uint8Array {
    const { clock, name } = this.#options;
    const state = this.#state;
    if (state === undefined) throw new Error(`KMS plugin ${name} has not answered yet: ${this.#problem}`);
    if (clock.now() > state.expiresMs) throw new Error(`KMS plugin ${name} has not answered for too long: ${this.#problem}`);
    const info = randomBytes(infoBytes);
    const { keyId, encryptedSource, annotations } = state;
    const data = Buffer.concat([info, sealGcm(derivedKey(state.seed, info), plain, key)]);
    return prefixed(this.prefix, encodeEncryptedObject({ data, keyId, encryptedSource, annotations, source: 'hkdf-seed' }));
  }

  open(stored: Uint8Array, key: string): Opened | Promise<Opened> {
    const object = decodeEncryptedObject(stored.subarray(this.prefix.length));
    const source = this.#sourceOf(object);
    return source instanceof Promise ? source.then((known) => this.#opened(object, known, key)) : this.#opened(object, source, key);
  }

  #opened({ data, keyId, source: kind }: EncryptedObject, source: Uint8Array, key: string): Opened {
    const sealedBy = `${this.prefix}${keyId}`;
    if (kind === 'gcm-key') return { plain: openGcm(source, data, key), sealedBy: `${sealedBy} as one key` };
    if (data.length < infoBytes) throw new Error('the stored data was shorter than the required size');
    return { plain: openGcm(derivedKey(source, data.subarray(0, infoBytes)), data.subarray(infoBytes), key), sealedBy };
  }

  /** The seed or key that an object was sealed with, from the service where it is not known. */
  #sourceOf(object: EncryptedObject): Promise<Uint8Array> | Uint8Array {
    const id = sourceId(object);
    const known = this.#sources.get(id);
    if (known !== undefined) return known;
    const { service, random } = this.#options;
    const asked = service.decrypt(random.uuid(), { ciphertext: object.encryptedSource, keyId: object.keyId, annotations: object.annotations }).then(
      (source) => {
        this.#remember(id, source);
        return source;
      },
      (error: unknown) => {
        this.#sources.delete(id);
        throw new Error(`failed to decrypt DEK, error: ${(error as Error).message}`, { cause: error });
      },
    );
    this.#remember(id, asked);
    return asked;
  }

  #remember(id: string, source: Promise<Uint8Array> | Uint8Array): void {
    this.#sources.delete(id);
    this.#sources.set(id, source);
    if (this.#sources.size > maxSources) this.#sources.delete(this.#sources.keys().next().value!);
  }

  async #check(): Promise<void> {
    const { service, clock, logger, name } = this.#options;
    try {
      const { version, healthz, keyId } = await service.status();
      if (version !== 'v2' && version !== 'v2beta1') throw new Error(`expected KMSv2 API version v2, got ${version}`);
      if (healthz !== 'ok') throw new Error(`expected KMSv2 healthz status ok, got ${healthz}`);
      if (keyId === '') throw new Error('expected KMSv2 KeyID to be set, got empty key ID');
      if (this.#state?.keyId === keyId) this.#state.expiresMs = clock.now() + sourceMaxAgeMs;
      else await this.#renew();
      this.#problem = '';
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) logger.error('the KMS plugin is not healthy', { plugin: name, problem });
      this.#problem = problem;
    }
    if (!this.#closed) this.#timer = clock.setTimer(this.#problem === '' ? healthyIntervalMs : unhealthyIntervalMs, () => void this.#check(), { unref: true });
  }

  /** A new seed, encrypted under the service's present key. */
  async #renew(): Promise<void> {
    const { service, random, clock, logger, name } = this.#options;
    const seed = randomBytes(seedBytes);
    const { ciphertext: encryptedSource, keyId, annotations } = await service.encrypt(random.uuid(), seed);
    const problem = encryptedObjectProblem({ keyId, encryptedSource, annotations, source: 'hkdf-seed' });
    if (problem !== undefined) throw new Error(problem);
    this.#state = { seed, keyId, encryptedSource, annotations, expiresMs: clock.now() + sourceMaxAgeMs };
    this.#remember(sourceId({ encryptedSource, keyId, annotations, source: 'hkdf-seed' }), seed);
    logger.info('values are sealed under a new key', { plugin: name });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#options.service.close();
  }
}

/** Two objects with the same id were sealed with the same source. */
function sourceId({ encryptedSource, keyId, annotations, source }: Omit<EncryptedObject, 'data'>): string {
  const hash = createHash('sha256').update(`${source}\0${keyId}\0`).update(encryptedSource);
  for (const key of Object.keys(annotations).sort()) hash.update(`\0${key}\0`).update(annotations[key]!);
  return hash.digest('base64');
}
