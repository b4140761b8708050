import { dns1123Label, dns1123Subdomain, pathSegment } from '../../api/meta/validation.ts';
import type { ApiError } from '../../api/status.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { Attributes, Authorizer } from '../authorization/authorizer.ts';
import { nodesGroup, nodeUserPrefix } from '../authorization/node/identity.ts';
import { authorizeWith, forbidden } from './authorize.ts';

/** Whom a request wants to be, as its headers say it. */
export interface WantedUser {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/** The user that a mode lets a request be, or why not; undefined: the mode is not for such a user. */
export type ModeVerdict = { readonly user: UserInfo } | { readonly refusal: ApiError } | undefined;

/** One way of acting as another, each with verbs of its own. */
export type ImpersonationMode = (requestor: UserInfo, wanted: WantedUser, attributes: Attributes) => Promise<ModeVerdict>;

const authenticationGroup = 'authentication.k8s.io';
const serviceAccountPrefix = 'system:serviceaccount:';
const privilegedGroup = 'system:masters';
const nodeNameKey = 'authentication.kubernetes.io/node-name';
/** From so many groups or extra values on, one question about all of them is tried first. */
const manyQuestions = 4;

function serviceAccountOf(name: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!name.startsWith(serviceAccountPrefix)) return undefined;
  const [namespace, account, ...rest] = name.slice(serviceAccountPrefix.length).split(':');
  if (namespace === undefined || account === undefined || rest.length > 0) return undefined;
  return dns1123Label(namespace).length === 0 && dns1123Subdomain(account).length === 0 ? { namespace, name: account } : undefined;
}

function nodeOf(name: string): string | undefined {
  const node = name.startsWith(nodeUserPrefix) ? name.slice(nodeUserPrefix.length) : undefined;
  return node !== undefined && dns1123Subdomain(node).length === 0 ? node : undefined;
}

const onlyNamed = ({ uid, groups, extra }: WantedUser): boolean => uid === '' && groups.length === 0 && extra.size === 0;

/** Why the extra fields are none that may be taken on; undefined when they are. Legacy impersonation never looked. */
function extraError(extra: WantedUser['extra']): string | undefined {
  for (const [key, values] of extra) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed';
    const slash = key.indexOf('/');
    const [domain, path] = slash < 0 ? ['', ''] : [key.slice(0, slash), key.slice(slash + 1)];
    if (domain === '' || path === '') return `impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ${JSON.stringify(key)}: must be a domain-prefixed path (such as "acme.io/foo")`;
    const wrong = [...dns1123Subdomain(domain), ...path.split('/').flatMap(pathSegment)][0];
    if (wrong !== undefined) return `impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ${JSON.stringify(domain)}: ${wrong}`;
    if (values.includes('')) return 'impersonating the empty string value in extra is not allowed';
  }
  return undefined;
}

/** Every way of acting as another, in the order in which upstream tries them. The last is the oldest, with the plain verb `impersonate`. */
export function impersonationModes(authorizers: readonly Authorizer[]): readonly ImpersonationMode[] {
  /** What is said to a user who may not. */
  const refusalOf = async (attributes: Attributes): Promise<ApiError | undefined> => {
    const { verdict, reason, error } = await authorizeWith(authorizers, attributes);
    if (verdict === 'allow') return undefined;
    return forbidden(attributes, error === undefined ? reason : reason === '' ? error : `${error}: ${reason}`);
  };

  /** Asks for each part of the wanted user with one verb. */
  const become = async (requestor: UserInfo, wanted: WantedUser, verb: string): Promise<{ readonly user: UserInfo } | { readonly refusal: ApiError }> => {
    const constrained = verb !== 'impersonate';
    const userGroup = constrained ? authenticationGroup : '';
    const question = (apiGroup: string, resource: string, name: string, more: { readonly subresource?: string; readonly namespace?: string } = {}): Attributes => (
      { isResourceRequest: true, user: requestor, verb, apiGroup, apiVersion: 'v1', resource, subresource: more.subresource ?? '', namespace: more.namespace ?? '', name });
    const account = serviceAccountOf(wanted.name);
    const node = constrained ? nodeOf(wanted.name) : undefined;
    const named = account !== undefined ? question(userGroup, 'serviceaccounts', account.name, { namespace: account.namespace })
      : node !== undefined ? question(userGroup, 'nodes', node) : question(userGroup, 'users', wanted.name);
    const first = await refusalOf(named) ?? (wanted.uid === '' ? undefined : await refusalOf(question(authenticationGroup, 'uids', wanted.uid)));
    if (first !== undefined) return { refusal: first };

    const groupQuestion = (name: string): Attributes => question(userGroup, 'groups', name);
    if (constrained && wanted.groups.includes('')) return { refusal: forbidden(groupQuestion(''), 'impersonating the empty string group is not allowed') };
    if (constrained && wanted.groups.includes(privilegedGroup)) return { refusal: forbidden(groupQuestion(privilegedGroup), 'impersonating the system:masters group is not allowed') };
    const allGroups = constrained && wanted.groups.length >= manyQuestions && await refusalOf(groupQuestion('*')) === undefined;
    for (const group of allGroups ? [] : wanted.groups) {
      const refusal = await refusalOf(groupQuestion(group));
      if (refusal !== undefined) return { refusal };
    }

    const extraQuestion = (key: string, value: string): Attributes => question(authenticationGroup, 'userextras', value, { subresource: key });
    const extras = [...wanted.extra].flatMap(([key, values]) => values.map((value) => extraQuestion(key, value)));
    const wrong = constrained ? extraError(wanted.extra) : undefined;
    if (wrong !== undefined) return { refusal: forbidden(extraQuestion('', ''), wrong) };
    const allExtras = constrained && extras.length >= manyQuestions && await refusalOf(extraQuestion('*', '*')) === undefined;
    for (const attributes of allExtras ? [] : extras) {
      const refusal = await refusalOf(attributes);
      if (refusal !== undefined) return { refusal };
    }
    const fixed = account !== undefined ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`] : node !== undefined ? [nodesGroup] : [];
    return { user: userOf(wanted, wanted.groups.length > 0 ? wanted.groups : fixed) };
  };

  const constrainedMode = (mode: string, applies: (wanted: WantedUser, requestor: UserInfo) => boolean): ImpersonationMode => async (requestor, wanted, attributes) => {
    if (!applies(wanted, requestor)) return undefined;
    const refusal = await refusalOf({ ...attributes, verb: `impersonate-on:${mode}:${attributes.verb}` });
    return refusal === undefined ? become(requestor, wanted, `impersonate:${mode}`) : { refusal };
  };

  /** A pod's service account may act as the node that the pod runs on; which one that is counts for nothing in what is asked. */
  const associatedNode: ImpersonationMode = async (requestor, wanted, attributes) => {
    const node = nodeOf(wanted.name);
    const own = requestor.extra?.[nodeNameKey];
    if (node === undefined || !onlyNamed(wanted) || serviceAccountOf(requestor.name) === undefined || own?.length !== 1 || own[0] !== node) return undefined;
    const anonymized: UserInfo = { ...requestor, extra: { 'authentication.kubernetes.io/associated-node-keys': Object.keys(requestor.extra ?? {}).sort() } };
    const refusal = await refusalOf({ ...attributes, user: anonymized, verb: `impersonate-on:associated-node:${attributes.verb}` })
      ?? await refusalOf({ isResourceRequest: true, user: anonymized, verb: 'impersonate:associated-node', apiGroup: authenticationGroup, apiVersion: 'v1', resource: 'nodes', subresource: '', namespace: '', name: '*' });
    return refusal === undefined ? { user: userOf(wanted, [nodesGroup]) } : { refusal };
  };

  return [
    associatedNode,
    constrainedMode('arbitrary-node', (wanted) => onlyNamed(wanted) && nodeOf(wanted.name) !== undefined),
    constrainedMode('serviceaccount', (wanted) => onlyNamed(wanted) && serviceAccountOf(wanted.name) !== undefined),
    constrainedMode('user-info', ({ name }) => nodeOf(name) === undefined && serviceAccountOf(name) === undefined),
    (requestor, wanted) => become(requestor, wanted, 'impersonate'),
  ];
}

/** The user as the server will know it: among the authenticated, unless it is anonymous or says otherwise. */
function userOf({ name, uid, extra }: WantedUser, groups: readonly string[]): UserInfo {
  const everybody = name === 'system:anonymous' ? 'system:unauthenticated' : groups.includes('system:unauthenticated') ? undefined : 'system:authenticated';
  return {
    name,
    groups: everybody === undefined || groups.includes(everybody) ? groups : [...groups, everybody],
    ...(uid !== '' && { uid }),
    ...(extra.size > 0 && { extra: Object.fromEntries(extra) }),
  };
}
