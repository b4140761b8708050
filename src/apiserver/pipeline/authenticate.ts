import { ApiError } from '../../api/status.ts';
import type { Authenticator, Credentials, UserInfo } from '../authentication/authenticator.ts';
import type { AccessCounts } from '../metrics/access.ts';
import type { Step } from './step.ts';

const anonymousUser: UserInfo = Object.freeze({ name: 'system:anonymous', groups: Object.freeze(['system:unauthenticated']) });
const authenticatedGroup = 'system:authenticated';

const unauthorized = (): ApiError => new ApiError('Unauthorized', 'Unauthorized');

/** Users with the group that every authenticated one belongs to, by the user as its authenticator knows it. */
const completed = new WeakMap<UserInfo, UserInfo>();

/** The user, as a member of system:authenticated. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(authenticatedGroup) || user.name === anonymousUser.name) return user;
  let complete = completed.get(user);
  if (complete === undefined) completed.set(user, (complete = { ...user, groups: [...user.groups, authenticatedGroup] }));
  return complete;
}

/** Finds out who asks: 401 for credentials that nobody accepts, anonymous (where allowed) for none. */
export function authenticate(authenticators: readonly Authenticator[], options: { readonly anonymous: boolean; readonly anonymousPaths?: readonly string[]; readonly counts: AccessCounts }): Step {
  const { counts } = options;
  const paths = options.anonymousPaths === undefined || options.anonymousPaths.length === 0 ? undefined : new Set(options.anonymousPaths);
  const settle = (credentials: Credentials, user: UserInfo | undefined, path: string): UserInfo => {
    if (user !== undefined) {
      counts.authenticated += 1;
      return withAuthenticatedGroup(user);
    }
    const given = credentials.bearerToken !== undefined || (credentials.clientCertificate !== undefined && authenticators.length > 0);
    if (given || !options.anonymous || paths?.has(path) === false) {
      counts.unauthenticated += 1;
      throw unauthorized();
    }
    counts.authenticated += 1;
    return anonymousUser;
  };
  return (next) => (request) => {
    const { credentials } = request;
    if (credentials === undefined) {
      request.user = withAuthenticatedGroup(request.user);
      return next(request);
    }
    const found = ask(authenticators, credentials, 0);
    if (found instanceof Promise) {
      return found.then((user) => {
        request.user = settle(credentials, user, request.info.path);
        return next(request);
      });
    }
    request.user = settle(credentials, found, request.info.path);
    return next(request);
  };
}

function ask(authenticators: readonly Authenticator[], credentials: Credentials, from: number): UserInfo | undefined | Promise<UserInfo | undefined> {
  for (let i = from; i < authenticators.length; i++) {
    const user = authenticators[i]!.authenticate(credentials);
    if (user instanceof Promise) return user.then((found) => found ?? ask(authenticators, credentials, i + 1));
    if (user !== undefined) return user;
  }
  return undefined;
}
