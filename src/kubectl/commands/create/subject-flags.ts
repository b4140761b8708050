import { KubectlError } from '../../errors.ts';
import { array } from '../../flags/flags.ts';

/** Who is bound to a role; `role` stands in the help. */
export const subjectFlags = (role: string) => ({
  group: array(`Groups to bind to the ${role}. The flag can be repeated to add multiple groups.`),
  serviceaccount: array(`Service accounts to bind to the ${role}, in the format <namespace>:<name>. The flag can be repeated to add multiple service accounts.`),
  user: array(`Usernames to bind to the ${role}. The flag can be repeated to add multiple users.`),
}) as const;

interface Names { readonly user: readonly string[]; readonly group: readonly string[]; readonly serviceaccount: readonly string[] }
export interface Subject { readonly apiGroup?: string; readonly kind: string; readonly name: string; readonly namespace?: string }

export const rbacGroup = 'rbac.authorization.k8s.io';

/** Users, groups and service accounts as a binding has them. Throws KubectlError for a service account without its namespace. */
export function subjectsOf({ user, group, serviceaccount }: Names): Subject[] {
  return [
    ...user.map((name) => ({ apiGroup: rbacGroup, kind: 'User', name })),
    ...group.map((name) => ({ apiGroup: rbacGroup, kind: 'Group', name })),
    ...serviceaccount.map((text) => {
      const [namespace = '', name = '', ...rest] = text.split(':');
      if (namespace === '' || name === '' || rest.length > 0) throw new KubectlError('serviceaccount must be <namespace>:<name>');
      return { kind: 'ServiceAccount', name, namespace };
    }),
  ];
}
