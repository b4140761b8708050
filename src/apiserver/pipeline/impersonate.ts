import { internalError } from '../../api/status.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { Attributes, Authorizer } from '../authorization/authorizer.ts';
import { withAuthenticatedGroup } from './authenticate.ts';
import { authorizeWith, forbidden } from './authorize.ts';
import type { ServerRequest } from './server-request.ts';
import type { Step } from './step.ts';

const extraPrefix = 'impersonate-extra-';
const serviceAccountPrefix = 'system:serviceaccount:';

/** One thing that the user wants to be, as it is put to the authorizers. */
function question(user: UserInfo, resource: string, name: string, more: { group?: string; subresource?: string; namespace?: string } = {}): Attributes {
  return { isResourceRequest: true, user, verb: 'impersonate', apiGroup: more.group ?? '', apiVersion: 'v1', resource, subresource: more.subresource ?? '', namespace: more.namespace ?? '', name };
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Lets a user act as another: each of the name, groups, uid and extra fields must be allowed by the verb `impersonate`. */
export function impersonate(authorizers: readonly Authorizer[]): Step {
  return (next) => (request) => {
    const name = request.header('impersonate-user');
    const uid = request.header('impersonate-uid');
    if (name === undefined && uid === undefined && request.header('impersonate-group') === undefined) return next(request);
    const groups = request.headerValues('impersonate-group');
    const extras = request.headersWithPrefix(extraPrefix);
    if (name === undefined || name === '') throw internalError(new Error(`requested ${JSON.stringify({ groups, uid, extras })} without impersonating a user`));
    return become(authorizers, request, { name, groups, uid, extras }).then(() => next(request));
  };
}

interface Wanted {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid: string | undefined;
  readonly extras: readonly (readonly [string, readonly string[]])[];
}

async function become(authorizers: readonly Authorizer[], request: ServerRequest, wanted: Wanted): Promise<void> {
  const { user } = request;
  const questions: Attributes[] = [];
  const account = wanted.name.startsWith(serviceAccountPrefix) ? wanted.name.slice(serviceAccountPrefix.length).split(':') : undefined;
  if (account?.length === 2) questions.push(question(user, 'serviceaccounts', account[1]!, { namespace: account[0]! }));
  else questions.push(question(user, 'users', wanted.name));
  for (const group of wanted.groups) questions.push(question(user, 'groups', group));
  for (const [key, values] of wanted.extras) for (const value of values) questions.push(question(user, 'userextras', value, { group: 'authentication.k8s.io', subresource: key }));
  if (wanted.uid !== undefined) questions.push(question(user, 'uids', wanted.uid, { group: 'authentication.k8s.io' }));
  for (const attributes of questions) {
    const decision = await authorizeWith(authorizers, attributes);
    if (decision.verdict !== 'allow') throw forbidden(attributes, decision.reason);
  }
  const groups = wanted.groups.length > 0 || account?.length !== 2 ? wanted.groups : ['system:serviceaccounts', `system:serviceaccounts:${account[0]}`];
  request.user = withAuthenticatedGroup({
    name: wanted.name,
    groups: wanted.name === 'system:anonymous' && groups.length === 0 ? ['system:unauthenticated'] : groups,
    ...(wanted.uid !== undefined && { uid: wanted.uid }),
    ...(wanted.extras.length > 0 && { extra: Object.fromEntries(wanted.extras.map(([key, values]) => [decodeKey(key), values])) }),
  });
  request.audit?.impersonated(request.user);
}
