import type { UserInfo } from '../../authentication/authenticator.ts';

/** Every kubelet's group, and how its user name starts. */
export const nodesGroup = 'system:nodes';
export const nodeUserPrefix = 'system:node:';

/** The node that a user is; '' for a member of system:nodes that does not say which; undefined for all others. */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(nodeUserPrefix)) return undefined;
  return user.groups.includes(nodesGroup) ? user.name.slice(nodeUserPrefix.length) : undefined;
}
