import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Secret } from '../api/types/core/v1.ts';
import type { KeyPair } from './proxy.ts';

/** What is made of a Secret: a certificate that can be shown, or why there is none. */
export type Certificate = { readonly kind: 'usable'; readonly context: SecureContext; readonly pair: KeyPair } | { readonly kind: 'unusable'; readonly why: string };

/** Certificates out of Secrets, read when somebody asks for them first, and again when the Secret has changed. */
export class Certificates {
  readonly #secret: (key: string) => Secret | undefined;
  readonly #known = new Map<string, { readonly secret: Secret; readonly certificate: Certificate }>();

  /** `secret`: the Secret of that `NAMESPACE/NAME` as it is now. */
  constructor(secret: (key: string) => Secret | undefined) {
    this.#secret = secret;
  }

  of(key: string): Certificate {
    const secret = this.#secret(key);
    if (secret === undefined) {
      this.#known.delete(key);
      return { kind: 'unusable', why: `there is no Secret ${key} of type kubernetes.io/tls` };
    }
    const known = this.#known.get(key);
    if (known?.secret === secret) return known.certificate;
    const certificate = read(secret, key);
    this.#known.set(key, { secret, certificate });
    return certificate;
  }
}

function read({ data = {} }: Secret, key: string): Certificate {
  const pem = (name: string): Buffer => Buffer.from(data[name] ?? '', 'base64');
  try {
    const pair: KeyPair = { cert: pem('tls.crt'), key: pem('tls.key'), minVersion: 'TLSv1.2' };
    return { kind: 'usable', context: createSecureContext({ ...pair }), pair };
  } catch (error) {
    return { kind: 'unusable', why: `Secret ${key} has no certificate with its key: ${(error as Error).message}` };
  }
}
