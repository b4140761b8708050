import { X509Certificate } from 'node:crypto';
import type { NamedCertificate, TlsIdentity } from '../apiserver/http/tls-settings.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { KeyPair } from '../pki/key-pair.ts';
import type { ServingSettings } from './serving.ts';
import { WatchedFiles } from './watched-files.ts';

export interface IdentityOptions {
  readonly settings: Pick<ServingSettings, 'tlsCertFile' | 'tlsPrivateKeyFile' | 'tlsSniCertKey' | 'clientCaFile'>;
  /** What is served with where the settings name no files, and the authority whose client certificates count always. */
  readonly own: KeyPair;
  readonly authority: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What the API server proves itself with: files of the user's where they are named, the cluster's own pair otherwise. */
export class ServingIdentity implements Disposable {
  #own: KeyPair;
  readonly #authority: string;
  #pair: KeyPair | undefined;
  readonly #named: (NamedCertificate | undefined)[] = [];
  #clientCa = '';
  readonly #files: WatchedFiles[] = [];
  /** Told of every change; throws when the new identity cannot be used. */
  onChange: (identity: TlsIdentity) => void = () => {};
  onClientCa: (bundle: string) => void = () => {};

  private constructor({ own, authority }: IdentityOptions) {
    this.#own = own;
    this.#authority = authority;
  }

  /** Reads the files. Rejects with an Error for people that names the flag. */
  static async open(options: IdentityOptions): Promise<ServingIdentity> {
    const { settings, clock, logger } = options;
    const identity = new ServingIdentity(options);
    const follow = async (flag: string, paths: readonly string[], changed: (contents: readonly string[]) => void): Promise<void> => {
      identity.#files.push(await WatchedFiles.open(paths, { clock, logger, changed }).catch((cause: unknown) => { throw new Error(`${flag}: ${(cause as Error).message}`, { cause }); }));
    };
    try {
      const { tlsCertFile, tlsPrivateKeyFile, clientCaFile } = settings;
      if ((tlsCertFile === undefined) !== (tlsPrivateKeyFile === undefined)) throw new Error('--tls-cert-file and --tls-private-key-file go together: give both or none');
      if (tlsCertFile !== undefined) await follow('--tls-cert-file', [tlsCertFile, tlsPrivateKeyFile!], ([certificate, key]) => identity.#replace(() => (identity.#pair = { certificate: certificate!, key: key! })));
      for (const [index, text] of (settings.tlsSniCertKey ?? []).entries()) {
        const colon = text.indexOf(':');
        const [certFile, keyFile] = (colon < 0 ? text : text.slice(0, colon)).split(',') as [string, string];
        const names = colon < 0 ? [] : text.slice(colon + 1).split(',');
        await follow('--tls-sni-cert-key', [certFile, keyFile], ([cert, key]) => identity.#replace(() => (identity.#named[index] = { names, cert: cert!, key: key! })));
      }
      if (clientCaFile !== undefined) {
        await follow('--client-ca-file', [clientCaFile], ([bundle]) => {
          checkBundle(bundle!);
          identity.#replace(() => (identity.#clientCa = bundle!));
          identity.onClientCa(identity.clientCa);
        });
      }
      return identity;
    } catch (error) {
      identity[Symbol.dispose]();
      throw error;
    }
  }

  get current(): TlsIdentity {
    const { certificate, key } = this.#pair ?? this.#own;
    return { cert: certificate, key, named: this.#named.filter((one) => one !== undefined) };
  }

  /** PEM of all authorities of client certificates. */
  get clientCa(): string {
    return this.#clientCa === '' ? this.#authority : `${this.#authority}\n${this.#clientCa}`;
  }

  /** The cluster's own pair has been renewed. */
  renew(own: KeyPair): void {
    if (own.certificate !== this.#own.certificate) this.#replace(() => (this.#own = own));
  }

  /** Undoes the change when whoever is told of it cannot use it. */
  #replace(change: () => void): void {
    const before = { own: this.#own, pair: this.#pair, named: [...this.#named], clientCa: this.#clientCa };
    change();
    try {
      this.onChange(this.current);
    } catch (error) {
      this.#own = before.own;
      this.#pair = before.pair;
      this.#named.splice(0, this.#named.length, ...before.named);
      this.#clientCa = before.clientCa;
      throw error;
    }
  }

  /** Reads every file again now. */
  async reread(): Promise<void> {
    await Promise.all(this.#files.map((files) => files.look()));
  }

  [Symbol.dispose](): void {
    for (const files of this.#files) files[Symbol.dispose]();
  }
}

function checkBundle(bundle: string): void {
  try {
    void new X509Certificate(bundle);
  } catch (cause) {
    throw new Error('the file holds no certificates', { cause });
  }
}
