import type { Authorizer } from './authorizer.ts';

/** Whose members may do anything: the API server's own loopback identity and kubernetes-admin. */
export const privilegedGroup = 'system:masters';

export const privilegedGroupAuthorizer: Authorizer = {
  name: 'PrivilegedGroup',
  authorize: ({ user }) => (user.groups.includes(privilegedGroup) ? { verdict: 'allow', reason: '' } : { verdict: 'no-opinion', reason: '' }),
};

export const alwaysAllow: Authorizer = { name: 'AlwaysAllow', authorize: () => ({ verdict: 'allow', reason: '' }) };

export const alwaysDeny: Authorizer = { name: 'AlwaysDeny', authorize: () => ({ verdict: 'no-opinion', reason: 'Everything is forbidden.' }) };
