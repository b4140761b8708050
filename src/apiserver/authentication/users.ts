import type { UserInfo } from './authenticator.ts';

export const allAuthenticated = 'system:authenticated';
export const allUnauthenticated = 'system:unauthenticated';

/** Who asks when nobody says who asks. */
export const anonymousUser: UserInfo = { name: 'system:anonymous', groups: [allUnauthenticated] };

/** Which credential proved a user: `X509SHA256=…`, `JTI=…`. */
export const credentialIdKey = 'authentication.kubernetes.io/credential-id';

/** The user with `system:authenticated` among its groups, unless it is anonymous. */
export function authenticated(user: UserInfo): UserInfo {
  if (user.groups.includes(allAuthenticated) || user.groups.includes(allUnauthenticated) || user.name === anonymousUser.name) return user;
  return { ...user, groups: [...user.groups, allAuthenticated] };
}
