import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { dns1123Subdomain, pathSegment } from '../../meta/validation.ts';
import { clusterrolebindings, rolebindings } from '../../resources.ts';
import type { ClusterRoleBinding, RoleBinding, Subject } from '../../types/rbac/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Column, ResourceDefinition } from '../definition.ts';

const rbacGroup = 'rbac.authorization.k8s.io';
type Binding = RoleBinding | ClusterRoleBinding;

function validateSubject({ kind = '', name = '', apiGroup = '', namespace = '' }: Loose<Subject>, path: string, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${path}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') for (const message of dns1123Subdomain(name)) errors.push(invalid(`${path}.name`, name, message));
      if (apiGroup !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
      if (!namespaced && namespace === '') errors.push(required(`${path}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== rbacGroup) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup]));
      break;
    default:
      errors.push(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

function validateBinding(binding: Loose<Binding>, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const { apiGroup = '', kind = '', name = '' } = binding.roleRef ?? {};
  if (apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', apiGroup, [rbacGroup]));
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (name === '') errors.push(required('roleRef.name'));
  else for (const message of pathSegment(name)) errors.push(invalid('roleRef.name', name, message));
  return [...errors, ...(binding.subjects ?? []).flatMap((subject, i) => validateSubject(subject, `subjects[${i}]`, namespaced))];
}

function applyDefaults(binding: Loose<Binding>): void {
  (binding.roleRef ??= {}).apiGroup ||= rbacGroup;
  for (const subject of binding.subjects ?? []) if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup;
}

function validateUpdate(binding: Loose<Binding>, old: Binding, namespaced: boolean): FieldError[] {
  const errors = validateBinding(binding, namespaced);
  const { apiGroup = '', kind = '', name = '' } = binding.roleRef ?? {};
  if (!semanticEqual(binding.roleRef, old.roleRef)) errors.push(invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef'));
  return errors;
}

const namesOf = (kind: string) => ({ subjects = [] }: Binding): string =>
  subjects.filter((subject) => subject.kind === kind).map(({ name, namespace = '' }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name)).join(', ');

const columns: readonly Column<Binding>[] = [
  nameColumn,
  column('Role', ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
  ageColumn,
  column('Users', namesOf('User'), { wide: true }),
  column('Groups', namesOf('Group'), { wide: true }),
  column('ServiceAccounts', namesOf('ServiceAccount'), { wide: true }),
];

export const roleBindingDefinition: ResourceDefinition<RoleBinding> = {
  type: rolebindings,
  nameRule: 'path-segment',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  applyDefaults,
  validate: (binding) => validateBinding(binding, true),
  update: { validateUpdate: (binding, old) => validateUpdate(binding, old, true) },
  columns,
};

export const clusterRoleBindingDefinition: ResourceDefinition<ClusterRoleBinding> = {
  type: clusterrolebindings,
  nameRule: 'path-segment',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  applyDefaults,
  validate: (binding) => validateBinding(binding, false),
  update: { validateUpdate: (binding, old) => validateUpdate(binding, old, false) },
  columns,
};
