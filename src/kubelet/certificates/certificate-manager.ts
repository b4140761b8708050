import { nameOf } from '../../api/meta/object.ts';
import { certificatesigningrequests } from '../../api/resources.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import { createInformer } from '../../client/informer/informer.ts';

/** A certificate with its key, both PEM. */
export interface CertificatePair { readonly certificate: string; readonly key: string }

/** From when to when a certificate holds, epoch milliseconds. */
export interface Lifetime { readonly notBeforeMs: number; readonly notAfterMs: number }

/** What needs cryptography, which is not the kubelet's own. */
export interface RequestMaker {
  /** A request for what this kubelet wants to be called, and the key that it is for. */
  make(): Promise<{ readonly request: string; readonly key: string }>;
  /** Undefined where the certificate does not belong to the key, or is none. */
  lifetimeOf(pair: CertificatePair): Lifetime | undefined;
}

export interface CertificateManagerOptions {
  readonly signerName: 'kubernetes.io/kube-apiserver-client-kubelet' | 'kubernetes.io/kubelet-serving';
  /** As whom requests are made: the bootstrap identity at first, the kubelet's own later. */
  readonly client: () => Client;
  readonly maker: RequestMaker;
  /** The certificate of last time; undefined without. */
  readonly load: () => Promise<CertificatePair | undefined>;
  /** Called with each new one before it is used. */
  readonly save: (pair: CertificatePair) => Promise<void>;
  /** Called with the first, loaded or new, and each time that there is another. */
  readonly use: (pair: CertificatePair) => void;
  /** `csr-`, or `node-csr-` for a node that has yet to join. */
  readonly namePrefix: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What a request waits for its approval and its signature, as upstream. */
const waitMs = 15 * 60_000;
const firstRetryMs = 2_000;
const maxRetryMs = 32_000;
const usages = {
  'kubernetes.io/kube-apiserver-client-kubelet': ['digital signature', 'client auth'],
  'kubernetes.io/kubelet-serving': ['digital signature', 'server auth'],
} as const;

/** When a certificate should be replaced: after 70 % to 90 % of its life, so that nodes that came together do not ask together. */
export function rotationDeadlineMs({ notBeforeMs, notAfterMs }: Lifetime, random: Random): number {
  return notBeforeMs + (notAfterMs - notBeforeMs) * (0.7 + 0.2 * random.float());
}

/** Gets a certificate through the CSR API and replaces it in time, again and again. */
export class CertificateManager {
  readonly #options: CertificateManagerOptions;
  readonly #first = Promise.withResolvers<CertificatePair>();

  constructor(options: CertificateManagerOptions) {
    this.#options = options;
    this.#first.promise.catch(() => {});
    options.signal.addEventListener('abort', () => this.#first.reject(options.signal.reason), { once: true });
  }

  /** Resolves with the first certificate that can be used. */
  get first(): Promise<CertificatePair> {
    return this.#first.promise;
  }

  /** Until the signal aborts; ends after the first certificate where `once`. */
  async run({ once = false } = {}): Promise<void> {
    const { load, maker, clock, random, signal, logger } = this.#options;
    let pair = await load().catch((error: unknown) => {
      logger.warn('the certificate of last time could not be read', { error });
      return undefined;
    });
    while (!signal.aborted) {
      const lifetime = pair && maker.lifetimeOf(pair);
      if (pair !== undefined && lifetime !== undefined && lifetime.notAfterMs > clock.now()) {
        this.#options.use(pair);
        this.#first.resolve(pair);
        if (once) return;
        await clock.sleep(Math.max(0, rotationDeadlineMs(lifetime, random) - clock.now()), signal).catch(() => {});
        if (signal.aborted) return;
      }
      pair = await this.#renew();
    }
  }

  /** Asks until there is one. */
  async #renew(): Promise<CertificatePair | undefined> {
    const { clock, signal, logger, save, random } = this.#options;
    for (let delayMs = firstRetryMs; ; delayMs = Math.min(maxRetryMs, delayMs * 2)) {
      try {
        const pair = await this.#request();
        await save(pair);
        return pair;
      } catch (error) {
        if (signal.aborted) return undefined;
        logger.warn('no certificate could be had', { signer: this.#options.signerName, error });
      }
      await clock.sleep(delayMs * (1 + 0.1 * random.float()), signal).catch(() => {});
      if (signal.aborted) return undefined;
    }
  }

  async #request(): Promise<CertificatePair> {
    const { signerName, maker, namePrefix } = this.#options;
    const client = this.#options.client();
    const { request, key } = await maker.make();
    const made = await client.create(certificatesigningrequests, {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { generateName: namePrefix },
      spec: { request: btoa(request), signerName, usages: [...usages[signerName]] },
    });
    const certificate = await this.#settled(client, nameOf(made));
    const pair = { certificate, key };
    if (maker.lifetimeOf(pair) === undefined) throw new Error(`the certificate of ${nameOf(made)} does not belong to its key`);
    return pair;
  }

  /** The certificate that the request gets. Rejects when it is denied, fails or is forgotten. */
  async #settled(client: Client, name: string): Promise<string> {
    const { clock, random, logger, signal } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const stop = new AbortController();
    const look = ({ status }: CertificateSigningRequest): void => {
      const condition = (type: string): string | undefined => status?.conditions?.filter((one) => one.type === type).map(({ reason = '', message = '' }) => `reason: ${reason}, message: ${message}`)[0];
      const denied = condition('Denied');
      const failed = condition('Failed');
      if (denied !== undefined) reject(new Error(`certificate signing request is denied, ${denied}`));
      else if (failed !== undefined) reject(new Error(`certificate signing request failed, ${failed}`));
      else if (status?.certificate !== undefined && condition('Approved') !== undefined) resolve(atob(status.certificate));
    };
    const informer = createInformer(client, certificatesigningrequests, { fieldSelector: `metadata.name=${name}`, clock, random, logger });
    informer.addHandler({ add: look, update: (_, request) => look(request), delete: () => reject(new Error(`certificate signing request ${name} is gone`)) });
    informer.start(stop.signal);
    clock.sleep(waitMs, AbortSignal.any([stop.signal, signal])).then(() => reject(new Error(`certificate signing request ${name} was not signed in time`)), reject);
    try {
      return await promise;
    } finally {
      stop.abort();
    }
  }
}
