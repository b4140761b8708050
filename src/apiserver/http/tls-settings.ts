import type { SecureContext, SecureContextOptions } from 'node:tls';

/** Go's names for TLS versions, as flags use them, to Node's. TLS 1.0 and 1.1 are broken and not offered. */
const versions: Readonly<Record<string, 'TLSv1.2' | 'TLSv1.3'>> = { VersionTLS12: 'TLSv1.2', VersionTLS13: 'TLSv1.3' };

/** IANA names of cipher suites, as flags use them, to OpenSSL's. */
const ciphers: Readonly<Record<string, string>> = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
};

/** Names that `--tls-min-version` and `--tls-cipher-suites` take. */
export const tlsVersionNames: readonly string[] = Object.keys(versions);
export const tlsCipherNames: readonly string[] = Object.keys(ciphers);

/** A key and its certificate, with the certificates between it and the authority; PEM. */
export interface ServingCertificate {
  readonly key: string | Uint8Array;
  readonly cert: string | Uint8Array;
}

/** A certificate for clients that ask for one of these names; without names, for those that it is good for. */
export interface NamedCertificate extends ServingCertificate {
  readonly names: readonly string[];
}

/** What a listener proves itself with. All of it may change while it listens. */
export interface TlsIdentity extends ServingCertificate {
  /** In order: the first that fits the name that a client asks for; `key` and `cert` for all others. */
  readonly named?: readonly NamedCertificate[];
}

/** How a listener encrypts, in the words of kube-apiserver's flags. */
export interface TlsPolicy {
  /** `VersionTLS12`, the default, or `VersionTLS13`. */
  readonly minVersion?: string;
  /** Default: Node's own choice. TLS 1.3 goes on with its own suites unless some of them are named. */
  readonly cipherSuites?: readonly string[];
}

/** What Node's TLS is given. Throws for a name that is not in the lists above. */
export function contextOptions(identity: ServingCertificate, policy: TlsPolicy): SecureContextOptions {
  const minVersion = versions[policy.minVersion ?? 'VersionTLS12'];
  if (minVersion === undefined) throw new Error(`not supported: TLS version ${policy.minVersion}; known are ${tlsVersionNames.join(', ')}`);
  const suites = (policy.cipherSuites ?? []).map((name) => {
    const suite = ciphers[name];
    if (suite === undefined) throw new Error(`not supported: cipher suite ${name}; known are ${tlsCipherNames.join(', ')}`);
    return suite;
  });
  const modern = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];
  return {
    key: Buffer.from(identity.key),
    cert: Buffer.from(identity.cert),
    // TLS itself knows no authority: clients and front proxies have different ones, and Node hides the intermediates that
    // a client sent from whoever asks once it has verified them.
    ca: [],
    minVersion,
    ...(suites.length > 0 && { ciphers: [...suites, ...(suites.some((suite) => suite.startsWith('TLS_')) ? [] : modern)].join(':') }),
  };
}

/** Chooses by the name that a client asks for. Names may begin with `*.`, which stands for one label. */
export class NamedContexts {
  readonly #contexts: readonly { readonly fits: (name: string) => boolean; readonly context: SecureContext }[];

  constructor(named: readonly NamedCertificate[], make: (certificate: ServingCertificate) => SecureContext) {
    this.#contexts = named.map(({ names, ...certificate }) => ({ fits: fitting(names, certificate), context: make(certificate) }));
  }

  find(name: string): SecureContext | undefined {
    return this.#contexts.find(({ fits }) => fits(name))?.context;
  }
}

function fitting(names: readonly string[], { cert }: ServingCertificate): (name: string) => boolean {
  if (names.length === 0) {
    const { X509Certificate } = process.getBuiltinModule('node:crypto');
    const certificate = new X509Certificate(Buffer.from(cert));
    return (name) => certificate.checkHost(name) !== undefined;
  }
  const wanted = names.map((name) => name.toLowerCase());
  return (name) => {
    const asked = name.toLowerCase();
    return wanted.some((one) => one === asked || (one.startsWith('*.') && asked.includes('.') && asked.slice(asked.indexOf('.')) === one.slice(1)));
  };
}
