import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { CertificateRequest, KeyPair } from './key-pair.ts';
import { createAuthority, generateKey, issueCertificate, publicKeyOf } from './certificate.ts';
import { syncFolder, writeFileAtomic } from './files.ts';
import { subjectOf } from './subject.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** As kubeadm: authorities live ten years, what they sign one. */
const authorityLifetimeMs = 3650 * dayMs;
const leafLifetimeMs = 365 * dayMs;
const renewBeforeMs = 30 * dayMs;
/** Peers' clocks may be a little behind ours. */
const clockSkewMs = 5 * 60 * 1000;

/** Who has a client certificate but does not need it where all run in one process; `front-proxy-client` is what the API server shows to aggregated ones. */
export type ComponentName = 'scheduler' | 'controller-manager' | 'kube-proxy' | 'front-proxy-client';

const componentUsers: Readonly<Record<ComponentName, string>> = {
  scheduler: 'system:kube-scheduler',
  'controller-manager': 'system:kube-controller-manager',
  'kube-proxy': 'system:kube-proxy',
  'front-proxy-client': 'front-proxy-client',
};

/** Every key and certificate of one control plane; PEM throughout. */
export interface Pki {
  readonly ca: KeyPair;
  readonly frontProxyCa: KeyPair;
  /** Signs service-account tokens (PKCS #8), and its public half (SPKI). */
  readonly serviceAccount: { readonly privateKey: string; readonly publicKey: string };
  readonly apiServer: KeyPair;
  readonly apiServerKubeletClient: KeyPair;
  /** By which the API server proves itself to extension API servers. */
  readonly frontProxyClient: KeyPair;
  /** kubernetes-admin in system:masters. */
  readonly admin: KeyPair;
  /** The API server's and the administrator's pairs, after those that are about to expire have been made anew. */
  renewed(): Promise<Pick<Pki, 'apiServer' | 'apiServerKubeletClient' | 'frontProxyClient' | 'admin'>>;
  /** The client certificate of a component; made (and kept, when there is a folder) on first asking. */
  component(name: ComponentName): Promise<KeyPair>;
  /** A node's client and serving certificates; made (and kept, when there is a folder) on first asking. */
  kubelet(nodeName: string, names: readonly string[]): Promise<{ readonly client: KeyPair; readonly serving: KeyPair }>;
}

export interface PkiOptions {
  readonly clock: Clock;
  /** Names and addresses that clients reach the API server by, beyond the well-known ones: advertise address, host name, first service IP. */
  readonly apiServerNames: readonly string[];
  /** Default `cluster.local`. */
  readonly clusterDomain?: string;
}

/** Where the pairs are kept. `read` yields undefined for what does not exist. */
interface Vault {
  read(file: string): Promise<string | undefined>;
  write(file: string, content: string): void;
}

/** Says that the files on disk contradict one another in a way that only the user can resolve. The message is one line. */
export class PkiError extends Error {
  override readonly name = 'PkiError';
}

type LeafRequest = Omit<CertificateRequest, 'notBeforeMs' | 'notAfterMs'>;

/** Whether an existing leaf can go on serving: right issuer and key, long enough to live, all names covered. */
function isUsable(pair: KeyPair, request: LeafRequest, authority: X509Certificate, nowMs: number): boolean {
  try {
    const certificate = new X509Certificate(pair.certificate);
    if (certificate.validToDate.getTime() - nowMs < renewBeforeMs || certificate.validFromDate.getTime() > nowMs) return false;
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key)) || !certificate.verify(authority.publicKey)) return false;
    const subject = subjectOf(certificate);
    const organizations = [subject['O'] ?? []].flat();
    if (subject['CN'] !== request.commonName || (request.organizations ?? []).some((one) => !organizations.includes(one))) return false;
    return (request.names ?? []).every((name) => (isIP(name) === 0 ? certificate.checkHost(name, { wildcards: false }) : certificate.checkIP(name)) !== undefined);
  } catch {
    return false;
  }
}

async function readPair(vault: Vault, base: string): Promise<KeyPair | undefined> {
  const [certificate, key] = await Promise.all([vault.read(`${base}.crt`), vault.read(`${base}.key`)]);
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

/** Reads an authority, makes it when both files are missing, renews it (same key) when it is about to expire. */
async function ensureAuthority(vault: Vault, base: string, commonName: string, nowMs: number): Promise<KeyPair> {
  const [certificate, key] = await Promise.all([vault.read(`${base}.crt`), vault.read(`${base}.key`)]);
  if ((certificate === undefined) !== (key === undefined)) {
    const [present, missing] = certificate === undefined ? ['key', 'crt'] : ['crt', 'key'];
    throw new PkiError(`${base}.${present} exists but ${base}.${missing} does not: restore it, or remove the whole pki folder to start anew`);
  }
  let keep: string | undefined;
  if (certificate !== undefined && key !== undefined) {
    let parsed: X509Certificate;
    try {
      parsed = new X509Certificate(certificate);
      if (!parsed.checkPrivateKey(createPrivateKey(key))) throw new Error('key and certificate do not belong together');
    } catch (cause) {
      throw new PkiError(`${base}.crt and ${base}.key cannot be used (${cause instanceof Error ? cause.message : String(cause)}): restore them, or remove the whole pki folder to start anew`, { cause });
    }
    if (parsed.validToDate.getTime() - nowMs >= renewBeforeMs) return { certificate, key };
    keep = key;
  }
  const made = await createAuthority({ commonName, notBeforeMs: nowMs - clockSkewMs, notAfterMs: nowMs + authorityLifetimeMs, ...(keep !== undefined && { key: keep }) });
  vault.write(`${base}.crt`, made.certificate);
  vault.write(`${base}.key`, made.key);
  return made;
}

async function ensureServiceAccountKey(vault: Vault): Promise<Pki['serviceAccount']> {
  const [existing, existingPublic] = await Promise.all([vault.read('sa.key'), vault.read('sa.pub')]);
  let privateKey = existing;
  let publicKey: string;
  if (privateKey === undefined) {
    if (existingPublic !== undefined) throw new PkiError('sa.pub exists but sa.key does not: restore it, or remove the whole pki folder to start anew');
    privateKey = await generateKey();
    vault.write('sa.key', privateKey);
  }
  try {
    publicKey = publicKeyOf(privateKey);
  } catch (cause) {
    throw new PkiError('sa.key is not a private key: restore it, or remove the whole pki folder to start anew', { cause });
  }
  if (existingPublic === undefined || !createPublicKey(existingPublic).equals(createPublicKey(publicKey))) vault.write('sa.pub', publicKey);
  return { privateKey, publicKey };
}

async function build(vault: Vault, options: PkiOptions): Promise<Pki> {
  const { clock } = options;
  const domain = options.clusterDomain ?? 'cluster.local';
  const authorities = new Map<KeyPair, X509Certificate>();
  const leaf = async (authority: KeyPair, base: string, request: LeafRequest): Promise<KeyPair> => {
    const nowMs = clock.now();
    const existing = await readPair(vault, base);
    if (existing !== undefined && isUsable(existing, request, authorities.get(authority)!, nowMs)) return existing;
    const made = await issueCertificate(authority, { ...request, notBeforeMs: nowMs - clockSkewMs, notAfterMs: nowMs + leafLifetimeMs });
    vault.write(`${base}.crt`, made.certificate);
    vault.write(`${base}.key`, made.key);
    return made;
  };
  const [ca, frontProxyCa, serviceAccount] = await Promise.all([
    ensureAuthority(vault, 'ca', 'kubernetes', clock.now()),
    ensureAuthority(vault, 'front-proxy-ca', 'front-proxy-ca', clock.now()),
    ensureServiceAccountKey(vault),
  ]);
  for (const authority of [ca, frontProxyCa]) authorities.set(authority, new X509Certificate(authority.certificate));
  const names = [...new Set(['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${domain}`, 'localhost', '127.0.0.1', '::1', ...options.apiServerNames])];
  const renewed = async (): Promise<Pick<Pki, 'apiServer' | 'apiServerKubeletClient' | 'frontProxyClient' | 'admin'>> => {
    const [apiServer, apiServerKubeletClient, frontProxyClient, admin] = await Promise.all([
      leaf(ca, 'apiserver', { commonName: 'kube-apiserver', names, usages: ['server'] }),
      leaf(ca, 'apiserver-kubelet-client', { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'], usages: ['client'] }),
      leaf(frontProxyCa, 'front-proxy-client', { commonName: 'front-proxy-client', usages: ['client'] }),
      leaf(ca, 'admin', { commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client'] }),
    ]);
    return { apiServer, apiServerKubeletClient, frontProxyClient, admin };
  };
  return {
    ca, frontProxyCa, serviceAccount, ...await renewed(), renewed,
    component: (name) => leaf(name === 'front-proxy-client' ? frontProxyCa : ca, name, { commonName: componentUsers[name], usages: ['client'] }),
    kubelet: async (nodeName, nodeNames) => {
      const [client, serving] = await Promise.all([
        leaf(ca, `kubelet-client-${nodeName}`, { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'], usages: ['client'] }),
        leaf(ca, `kubelet-serving-${nodeName}`, { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'], names: [...new Set([nodeName, ...nodeNames])], usages: ['server'] }),
      ]);
      return { client, serving };
    },
  };
}

/** A PKI that lives in memory alone, for tests and throw-away clusters. */
export function createMemoryPki(options: PkiOptions): Promise<Pki> {
  const files = new Map<string, string>();
  return build({ read: (file) => Promise.resolve(files.get(file)), write: (file, content) => void files.set(file, content) }, options);
}

/**
 * Reads the PKI in `directory` under kubeadm's file names, making what is missing and renewing what expires within 30
 * days, was signed by another authority or does not cover its names any more. What was made is on disk when this
 * resolves. Rejects with PkiError when the files contradict one another, or with the system's error when they cannot
 * be read or written.
 */
export async function ensurePki(directory: string, options: PkiOptions): Promise<Pki> {
  let pending: Promise<void>[] = [];
  const vault: Vault = {
    read: async (file) => {
      try {
        return await readFile(join(directory, file), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    write: (file, content) => void pending.push(writeFileAtomic(join(directory, file), content)),
  };
  const flush = async (): Promise<void> => {
    const writes = pending;
    pending = [];
    if (writes.length === 0) return;
    await Promise.all(writes);
    await syncFolder(directory);
  };
  const pki = await build(vault, options).catch(async (error: unknown) => {
    await Promise.allSettled(pending);
    throw error;
  });
  await flush();
  return {
    ...pki,
    renewed: async () => {
      const pairs = await pki.renewed();
      await flush();
      return pairs;
    },
    component: async (name) => {
      const pair = await pki.component(name);
      await flush();
      return pair;
    },
    kubelet: async (nodeName, names) => {
      const pairs = await pki.kubelet(nodeName, names);
      await flush();
      return pairs;
    },
  };
}
