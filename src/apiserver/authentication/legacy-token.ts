import { hash } from 'node:crypto';
import { secrets, serviceaccounts } from '../../api/resources.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ConfigMap, Secret } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { LocalEndpoint } from '../../client/transports/local-endpoint.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Listener } from './authenticator.ts';

/** Who issued the tokens that lie in secrets. */
export const legacyIssuer = 'kubernetes/serviceaccount';

/** The day (`2026-01-31`, UTC) on which a secret's token was used last. */
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used';
/** Set by those who retire tokens that nobody used for long; such a token is refused. */
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since';

const dayMs = 24 * 60 * 60 * 1000;
const dateOf = (epochMs: number): string => formatTime(epochMs).slice(0, 10);

/** Says since when it is written down which tokens in secrets are used: older ones were perhaps used before. */
export function trackingConfigMap(clock: Clock): ConfigMap & KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' }, data: { since: dateOf(clock.now()) } };
}

/** What a token that lies in a secret claims. */
export interface LegacyClaims {
  readonly namespace: string;
  readonly secret: string;
  readonly serviceAccount: { readonly name: string; readonly uid: string };
}

/** Writes on a secret that its token was used today. Returns at once; a failure is logged. */
export type UseTracker = (secret: Secret) => void;

/** The tracker of a server: at most one write a secret and day. */
export function useTracker(options: { readonly clock: Clock; readonly logger: Logger; readonly local: LocalEndpoint }): UseTracker {
  const { clock, logger, local } = options;
  /** Secrets that are being written on: many requests may come before the cache shows the label. */
  const underWay = new Set<string>();
  return (secret) => {
    const nowMs = clock.now();
    const lastUsed = secret.metadata.labels?.[lastUsedLabel];
    // Tomorrow's date may stand there already: another server's clock is a little ahead.
    if (lastUsed === dateOf(nowMs) || lastUsed === dateOf(nowMs + dayMs)) return;
    const { namespace = '', name = '', uid = '' } = secret.metadata;
    if (underWay.has(uid)) return;
    underWay.add(uid);
    const body = { metadata: { uid, labels: { [lastUsedLabel]: dateOf(nowMs) } } };
    local.request({ method: 'PATCH', path: `/api/v1/namespaces/${namespace}/secrets/${name}`, contentType: 'application/merge-patch+json', body, user: { name: 'system:apiserver', groups: ['system:masters'] } })
      .catch((error: unknown) => logger.error('a secret could not be labelled with the day of its last use', { namespace, name, error }))
      .finally(() => underWay.delete(uid));
  };
}

const digest = (value: string | Buffer): string => hash('sha256', value, 'hex');

/** Why a token that lies in a secret, and whose signature is right, does not hold; undefined when it does. */
export function legacyTokenError(claims: LegacyClaims, token: string, options: { readonly reader: ObjectReader; readonly track: UseTracker; readonly listener: Listener }): string | undefined {
  const { reader, track, listener } = options;
  const { namespace, serviceAccount } = claims;
  const secret = reader.get(secrets, namespace, claims.secret);
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return 'Token has been invalidated';
  if (digest(Buffer.from(secret.data?.token ?? '', 'base64')) !== digest(token)) return 'Token does not match server\'s copy';
  const account = reader.get(serviceaccounts, namespace, serviceAccount.name);
  if (account === undefined) return `serviceaccounts "${serviceAccount.name}" not found`;
  if (account.metadata.deletionTimestamp !== undefined) return `ServiceAccount ${namespace}/${serviceAccount.name} has been deleted`;
  if (account.metadata.uid !== serviceAccount.uid) return `ServiceAccount UID (${account.metadata.uid}) does not match claim (${serviceAccount.uid})`;
  track(secret);
  if ((secret.metadata.labels?.[invalidSinceLabel] ?? '') !== '') {
    listener.annotate('authentication.k8s.io/legacy-token-invalidated', `${claims.secret}/${namespace}`);
    return `the token in secret ${namespace}/${claims.secret} for service account ${namespace}/${serviceAccount.name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSinceLabel}' label from the secret to temporarily allow use of this token`;
  }
  if (account.secrets?.some(({ name }) => name === claims.secret) === true) {
    listener.warn('Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.');
    listener.annotate('authentication.k8s.io/legacy-token-autogenerated-secret', claims.secret);
  } else {
    listener.annotate('authentication.k8s.io/legacy-token-manual-secret', claims.secret);
  }
  return undefined;
}
