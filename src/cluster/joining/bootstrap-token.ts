import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import type { Secret } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';

/** A token with which machines join: an identifier that may be shown, and a secret. */
export interface BootstrapToken { readonly id: string; readonly secret: string }

export const tokenGroup = 'system:bootstrappers:kubeadm:default-node-token';

const pattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Throws an Error of one line, in kubeadm's words, for what is no token. */
export function parseToken(text: string): BootstrapToken {
  const [, id, secret] = pattern.exec(text) ?? [];
  if (id === undefined || secret === undefined) throw new Error(`the bootstrap token ${JSON.stringify(text)} was not of the form "\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z"`);
  return { id, secret };
}

/** A new token, from the system's own source of chance: it is a password. */
export function generateToken(): string {
  const text = (length: number): string => {
    let result = '';
    // Bytes beyond the last whole alphabet would make some letters likelier than others.
    while (result.length < length) for (const byte of randomBytes(length)) if (byte < 252 && result.length < length) result += alphabet[byte % 36]!;
    return result;
  };
  return `${text(6)}.${text(16)}`;
}

export interface TokenSettings {
  /** Epoch milliseconds; undefined: never. */
  readonly expiresMs: number | undefined;
  readonly description?: string | undefined;
  readonly usages: readonly string[];
  readonly groups: readonly string[];
}

/** The Secret that makes a token known, as kubeadm makes it. */
export function tokenSecret({ id, secret }: BootstrapToken, { expiresMs, description, usages, groups }: TokenSettings): Secret {
  const data = {
    'token-id': id,
    'token-secret': secret,
    ...(description !== undefined && description !== '' && { description }),
    ...(expiresMs !== undefined && { expiration: formatTime(expiresMs) }),
    ...Object.fromEntries(usages.map((usage) => [`usage-bootstrap-${usage}`, 'true'])),
    ...(groups.length > 0 && { 'auth-extra-groups': groups.join(',') }),
  };
  return {
    apiVersion: 'v1', kind: 'Secret', type: 'bootstrap.kubernetes.io/token',
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)])),
  };
}

/** What `--discovery-token-ca-cert-hash` pins: the authority's public key. */
export function caCertHash(certificate: string): string {
  return `sha256:${createHash('sha256').update(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })).digest('hex')}`;
}
