import { namespaceOf, nameOf, uidOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { nodes, pods, secrets, serviceaccounts } from '../../api/resources.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Pod, Secret, ServiceAccount } from '../../api/types/core/v1.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { UserInfo } from './authenticator.ts';
import { authenticated, credentialIdKey } from './users.ts';

interface Reference {
  readonly name: string;
  readonly uid: string;
}

/** The registered and private claims of a bound service-account token, as upstream writes them. */
export interface BoundClaims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly node?: Reference;
    readonly pod?: Reference;
    readonly secret?: Reference;
    readonly serviceaccount: Reference;
    readonly warnafter?: number;
  };
  readonly nbf: number;
  readonly sub: string;
}

/** What a token stands for before the objects behind it were looked at. */
export interface ServiceAccountIdentity {
  readonly namespace: string;
  readonly serviceAccount: Reference;
  readonly pod?: Reference;
  readonly secret?: Reference;
  readonly node?: Reference;
  readonly credentialId?: string;
}

const invalidated = 'service account token has been invalidated';

/** Objects whose deletion began longer ago than this no longer stand for anybody. */
const deletionLeewayMs = 60_000;

export const serviceAccountUserName = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`;

const reference = (object: KubeObject): Reference => ({ name: nameOf(object), uid: uidOf(object) });

/** Claims for a new token. `nowSeconds` since the epoch. */
export function boundClaims(options: {
  readonly serviceAccount: ServiceAccount;
  readonly pod?: Pod;
  readonly secret?: Secret;
  /** The node that the pod runs on, or that the token is bound to. */
  readonly node?: { readonly name: string; readonly uid: string };
  readonly audiences: readonly string[];
  readonly issuer: string;
  readonly id: string;
  readonly nowSeconds: number;
  readonly lifetimeSeconds: number;
  readonly warnAfterSeconds?: number;
}): BoundClaims {
  const { serviceAccount, pod, secret, node, nowSeconds } = options;
  const namespace = namespaceOf(serviceAccount);
  return {
    aud: options.audiences,
    exp: nowSeconds + options.lifetimeSeconds,
    iat: nowSeconds,
    iss: options.issuer,
    jti: options.id,
    'kubernetes.io': {
      namespace,
      ...(node !== undefined && { node: node.uid === '' ? ({ name: node.name } as Reference) : node }),
      ...(pod !== undefined && { pod: reference(pod) }),
      ...(pod === undefined && secret !== undefined && { secret: reference(secret) }),
      serviceaccount: reference(serviceAccount),
      ...(options.warnAfterSeconds !== undefined && { warnafter: nowSeconds + options.warnAfterSeconds }),
    },
    nbf: nowSeconds,
    sub: serviceAccountUserName(namespace, nameOf(serviceAccount)),
  };
}

function deletedLongAgo(object: KubeObject, nowMs: number): boolean {
  const { deletionTimestamp } = object.metadata;
  const deletedMs = deletionTimestamp === undefined ? undefined : parseTime(deletionTimestamp);
  return deletedMs !== undefined && deletedMs < nowMs - deletionLeewayMs;
}

/** Why an identity is not valid any more, judged by the objects it names; undefined when it is. */
export function identityError(identity: ServiceAccountIdentity, reader: ObjectReader, nowMs: number): string | undefined {
  const { namespace, serviceAccount, pod, secret, node } = identity;
  const account = reader.get(serviceaccounts, namespace, serviceAccount.name);
  if (account === undefined) return `serviceaccounts "${serviceAccount.name}" not found`;
  if (account.metadata.uid !== serviceAccount.uid) return `service account UID (${account.metadata.uid}) does not match claim (${serviceAccount.uid})`;
  if (deletedLongAgo(account, nowMs)) return `service account ${namespace}/${serviceAccount.name} has been deleted`;
  const goneError = (found: KubeObject | undefined, kind: string, claimed: Reference): string | undefined => {
    if (found === undefined) return invalidated;
    if (found.metadata.uid !== claimed.uid) return `${kind} UID (${found.metadata.uid}) does not match service account ${kind} ref claim (${claimed.uid})`;
    return deletedLongAgo(found, nowMs) ? invalidated : undefined;
  };
  const secretError = secret === undefined ? undefined : goneError(reader.get(secrets, namespace, secret.name), 'secret', secret);
  if (secretError !== undefined) return secretError;
  const podGone = pod === undefined ? undefined : goneError(reader.get(pods, namespace, pod.name), 'pod', pod);
  if (podGone !== undefined) return podGone;
  // A pod's node is only told; a token that is bound to a node falls with it.
  return node === undefined || pod !== undefined ? undefined : goneError(reader.get(nodes, '', node.name), 'node', node);
}

/** The user that an identity is. */
export function userOfIdentity(identity: ServiceAccountIdentity): UserInfo {
  const { namespace, serviceAccount, pod, node } = identity;
  const extra: Record<string, readonly string[]> = {};
  if (identity.credentialId !== undefined) extra[credentialIdKey] = [identity.credentialId];
  if (node !== undefined) {
    extra['authentication.kubernetes.io/node-name'] = [node.name];
    if ((node.uid ?? '') !== '') extra['authentication.kubernetes.io/node-uid'] = [node.uid];
  }
  if (pod !== undefined) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name];
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid];
  }
  return authenticated({
    name: serviceAccountUserName(namespace, serviceAccount.name),
    uid: serviceAccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    ...(Object.keys(extra).length > 0 && { extra }),
  });
}
