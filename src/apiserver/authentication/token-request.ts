import { apiVersionOf } from '../../api/resource-type.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { invalid } from '../../api/field-error.ts';
import { nodes, pods, secrets, serviceaccounts } from '../../api/resources.ts';
import { badRequestError, conflictError, invalidError, notFoundError } from '../../api/status.ts';
import type { TokenRequest } from '../../api/types/authentication/v1.ts';
import type { Node, Pod, Secret } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission/admission.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { ServedResources } from '../served-resources.ts';
import type { EndpointHandler } from '../request.ts';
import type { ServiceAccountIssuer } from './service-account-issuer.ts';

const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
const defaultSeconds = 60 * 60;
const minSeconds = 10 * 60;
const maxSeconds = 2 ** 32;

/** What a token is bound to. */
interface Bound {
  readonly pod?: Pod;
  readonly secret?: Secret;
  readonly node?: Node | { readonly name: string };
}

function expirationErrors(seconds: unknown): FieldError[] {
  const field = 'spec.expirationSeconds';
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) return [invalid(field, seconds, 'must be an integer')];
  if (seconds < minSeconds) return [invalid(field, seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds > maxSeconds) return [invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')];
  return [];
}

function bind(reader: ObjectReader, namespace: string, accountName: string, reference: NonNullable<NonNullable<TokenRequest['spec']>['boundObjectRef']>): Bound {
  const apiVersion = reference.apiVersion ?? '';
  const slash = apiVersion.indexOf('/');
  const [group, version] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
  const name = reference.name ?? '';
  const checkUid = (uid: string | undefined): void => {
    if ((reference.uid ?? '') === '' || reference.uid === uid) return;
    throw conflictError({ group, resource: reference.kind ?? '' }, name, `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`);
  };
  switch (group === '' ? reference.kind : undefined) {
    case 'Pod': {
      const pod = reader.get(pods, namespace, name);
      if (pod === undefined) throw notFoundError(pods, name);
      const runsAs = pod.spec?.serviceAccountName ?? '';
      if (runsAs !== accountName) throw badRequestError(`cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`);
      checkUid(pod.metadata.uid);
      const nodeName = pod.spec?.nodeName ?? '';
      return { pod, ...(nodeName !== '' && { node: reader.get(nodes, '', nodeName) ?? { name: nodeName } }) };
    }
    case 'Node': {
      const node = reader.get(nodes, '', name);
      if (node === undefined) throw notFoundError(nodes, name);
      checkUid(node.metadata.uid);
      return { node };
    }
    case 'Secret': {
      const secret = reader.get(secrets, namespace, name);
      if (secret === undefined) throw notFoundError(secrets, name);
      checkUid(secret.metadata.uid);
      return { secret };
    }
    default:
      throw badRequestError(`cannot bind token to object of type ${group}/${version}, Kind=${reference.kind ?? ''}`);
  }
}

/** Serves `POST …/serviceaccounts/NAME/token`. `admission` sees the request as kube-apiserver's plug-ins do: NodeRestriction, webhooks and policies, which find the resource among `resources`. */
export function tokenRequestEndpoint(options: { readonly reader: ObjectReader; readonly clock: Clock; readonly issuer: ServiceAccountIssuer; readonly admission?: readonly AdmissionPlugin[]; readonly resources?: ServedResources }): EndpointHandler {
  const { reader, clock, issuer } = options;
  return {
    group: serviceaccounts.group,
    version: serviceaccounts.version,
    resource: serviceaccounts.resource,
    subresource: 'token',
    verbs: ['create'],
    handle: async (context) => {
      const { namespace, name } = context.info;
      const given = ((await context.body()) ?? {}) as TokenRequest;
      const body: TokenRequest & KubeObject = { apiVersion: apiVersionOf({ group: kind.group, version: 'v1' }), kind: kind.kind, ...given, metadata: given.metadata ?? {} };
      // Mutating admission sees what was sent, before anything is filled in.
      const served = options.resources?.find(serviceaccounts.group, serviceaccounts.version, serviceaccounts.resource);
      const request = served === undefined ? undefined : { served, get signal() { return context.signal; }, options: () => ({}) };
      const attributesOf = (object: KubeObject): AdmissionAttributes => ({
        ...(request !== undefined && { request }), operation: 'CREATE', group: '', version: 'v1', resource: 'serviceaccounts', subresource: 'token', kind: kind.kind, namespace, name,
        object, oldObject: undefined, user: context.user, dryRun: false, warn: (message) => context.warn(message),
      });
      const sent = attributesOf(body);
      const concerned = (options.admission ?? []).filter((plugin) => plugin.handles?.(sent) ?? true);
      for (const plugin of concerned) await plugin.admit?.(sent);
      const { metadata } = body;
      if ((metadata.name ?? '') !== '' && metadata.name !== name) throw invalidError(kind, name, [invalid('metadata.name', metadata.name, 'must match the service account name if specified')]);
      if ((metadata.namespace ?? '') !== '' && metadata.namespace !== namespace) throw invalidError(kind, name, [invalid('metadata.namespace', metadata.namespace, 'must match the service account namespace if specified')]);
      const account = reader.get(serviceaccounts, namespace, name);
      if (account === undefined) throw notFoundError(serviceaccounts, name);
      const givenUid = metadata.uid ?? '';
      if (givenUid !== '' && givenUid !== account.metadata.uid) {
        throw conflictError({ group: kind.group, resource: kind.kind }, name, `the UID in the token request (${givenUid}) does not match the UID of the service account (${account.metadata.uid})`);
      }
      const audiences = body.spec?.audiences === undefined || body.spec.audiences.length === 0 ? [...issuer.audiences] : body.spec.audiences;
      const expirationSeconds = body.spec?.expirationSeconds ?? defaultSeconds;
      const nowMs = clock.now();
      const answer = {
        kind: kind.kind,
        apiVersion: apiVersionOf({ group: kind.group, version: 'v1' }),
        metadata: { ...metadata, name, namespace, ...(account.metadata.uid !== undefined && { uid: account.metadata.uid }), creationTimestamp: formatTime(nowMs) },
        spec: { ...body.spec, audiences, expirationSeconds },
      };
      const errors = expirationErrors(expirationSeconds);
      if (errors.length > 0) throw invalidError(kind, '', errors);
      const filled = attributesOf(answer);
      for (const plugin of concerned) await plugin.validate?.(filled);
      const reference = answer.spec.boundObjectRef;
      const bound = reference === undefined ? {} : bind(reader, namespace, name, reference);
      const { maxSeconds: longest } = issuer;
      const lifetime = longest === undefined ? expirationSeconds : Math.min(expirationSeconds, longest);
      if (lifetime < expirationSeconds) context.warn(`requested expiration of ${expirationSeconds} seconds shortened to ${lifetime} seconds`);
      const status = await issuer.issue({ serviceAccount: account, audiences, expirationSeconds: lifetime, ...bound });
      context.annotate('authentication.kubernetes.io/issued-credential-id', `JTI=${status.id}`);
      return { kind: 'object', code: 201, object: { ...answer, spec: { ...answer.spec, expirationSeconds: lifetime }, status: { expirationTimestamp: status.expirationTimestamp, token: status.token } } };
    },
  };
}
