import { hash } from 'node:crypto';
import { parseTime } from '../../api/meta/time.ts';
import { secrets } from '../../api/resources.ts';
import type { Secret } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Authenticator, UserInfo } from './authenticator.ts';
import { authenticated } from './users.ts';

const secretType = 'bootstrap.kubernetes.io/token';
const secretPrefix = 'bootstrap-token-';
const userPrefix = 'system:bootstrap:';
const defaultGroup = 'system:bootstrappers';
const tokenPattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
/** What a group beside the default one must look like. */
const groupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** The text under a key of a secret; '' when there is none. */
function textOf(secret: Secret, key: string): string {
  return Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
}

/** Sorted, each once; undefined when one of them is not a bootstrap group's name. */
function groupsOf(secret: Secret): string[] | undefined {
  const extra = textOf(secret, 'auth-extra-groups');
  const groups = extra === '' ? [] : extra.split(',');
  return groups.every((group) => groupPattern.test(group)) ? [...new Set([defaultGroup, ...groups])].sort() : undefined;
}

/** Digests are compared, so that the time it takes says nothing about the secret. */
const same = (a: string, b: string): boolean => hash('sha256', a, 'hex') === hash('sha256', b, 'hex');

/**
 * Proves joining nodes by bootstrap tokens (`ID.SECRET`): secrets of type `bootstrap.kubernetes.io/token` in
 * kube-system that say `usage-bootstrap-authentication: true` and have not expired. The user is `system:bootstrap:ID`.
 */
export function bootstrapTokenAuthenticator(options: { readonly reader: ObjectReader; readonly clock: Clock }): Authenticator {
  const { reader, clock } = options;
  const judge = (secret: Secret, id: string, tokenSecret: string): UserInfo | undefined => {
    if (secret.metadata.deletionTimestamp !== undefined || secret.type !== secretType) return undefined;
    if (!same(textOf(secret, 'token-secret'), tokenSecret) || textOf(secret, 'token-id') !== id) return undefined;
    const expiration = textOf(secret, 'expiration');
    // An expiration that cannot be read counts as one that is over.
    if (expiration !== '' && !((parseTime(expiration) ?? -Infinity) > clock.now())) return undefined;
    if (textOf(secret, 'usage-bootstrap-authentication') !== 'true') return undefined;
    const groups = groupsOf(secret);
    return groups === undefined ? undefined : authenticated({ name: `${userPrefix}${id}`, groups });
  };
  return {
    name: 'bootstrap-token',
    authenticate: ({ bearerToken }) => {
      const [, id, tokenSecret] = bearerToken === undefined ? [] : tokenPattern.exec(bearerToken) ?? [];
      if (id === undefined || tokenSecret === undefined) return undefined;
      const secret = reader.get(secrets, 'kube-system', `${secretPrefix}${id}`);
      return secret === undefined ? undefined : judge(secret, id, tokenSecret);
    },
  };
}
