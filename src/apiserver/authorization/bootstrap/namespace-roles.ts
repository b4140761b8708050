import type { PolicyRule, Subject } from '../../../api/types/rbac/v1.ts';
import { eventsRule, read, rule } from './rule.ts';

const rbac = 'rbac.authorization.k8s.io';

export const user = (name: string): Subject => ({ kind: 'User', apiGroup: rbac, name });
export const group = (name: string): Subject => ({ kind: 'Group', apiGroup: rbac, name });
export const serviceAccount = (namespace: string, name: string): Subject => ({ kind: 'ServiceAccount', name, namespace });

/** One default Role in a system namespace. */
export interface DefaultRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly PolicyRule[];
}

/** One default RoleBinding in a system namespace. */
export interface DefaultRoleBinding {
  readonly namespace: string;
  readonly name: string;
  readonly role: string;
  readonly subjects: readonly Subject[];
}

const system = 'kube-system';

const leaderLocking: readonly PolicyRule[] = [
  rule('get list watch create update', 'coordination.k8s.io', 'leases'),
  rule('get list watch create update', 'coordination.k8s.io', 'leasecandidates'),
];

export const defaultRoles: readonly DefaultRole[] = [
  { namespace: system, name: 'extension-apiserver-authentication-reader', rules: [rule(read, '', 'configmaps', 'extension-apiserver-authentication')] },
  { namespace: system, name: 'system:controller:bootstrap-signer', rules: [rule(read, '', 'secrets')] },
  { namespace: system, name: 'system:controller:cloud-provider', rules: [rule(`create ${read}`, '', 'configmaps')] },
  { namespace: system, name: 'system:controller:token-cleaner', rules: [rule(`${read} delete`, '', 'secrets'), eventsRule] },
  { namespace: system, name: 'system::leader-locking-kube-controller-manager', rules: leaderLocking },
  { namespace: system, name: 'system::leader-locking-kube-scheduler', rules: leaderLocking },
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: [rule(read, '', 'configmaps'), rule('update', '', 'configmaps', 'cluster-info'), eventsRule],
  },
];

const component = (name: string): readonly Subject[] => [user(`system:${name}`), serviceAccount(system, name)];
const controller = (name: string): readonly Subject[] => [serviceAccount(system, name)];

export const defaultRoleBindings: readonly DefaultRoleBinding[] = [
  {
    namespace: system,
    name: 'system::extension-apiserver-authentication-reader',
    role: 'extension-apiserver-authentication-reader',
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler')],
  },
  { namespace: system, name: 'system::leader-locking-kube-controller-manager', role: 'system::leader-locking-kube-controller-manager', subjects: [...component('kube-controller-manager'), serviceAccount(system, 'leader-election-controller')] },
  { namespace: system, name: 'system::leader-locking-kube-scheduler', role: 'system::leader-locking-kube-scheduler', subjects: component('kube-scheduler') },
  { namespace: system, name: 'system:controller:bootstrap-signer', role: 'system:controller:bootstrap-signer', subjects: controller('bootstrap-signer') },
  { namespace: system, name: 'system:controller:cloud-provider', role: 'system:controller:cloud-provider', subjects: controller('cloud-provider') },
  { namespace: system, name: 'system:controller:token-cleaner', role: 'system:controller:token-cleaner', subjects: controller('token-cleaner') },
  { namespace: 'kube-public', name: 'system:controller:bootstrap-signer', role: 'system:controller:bootstrap-signer', subjects: controller('bootstrap-signer') },
];
