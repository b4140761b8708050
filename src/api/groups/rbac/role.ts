import type { FieldError } from '../../field-error.ts';
import { invalid, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { clusterroles, roles } from '../../resources.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import type { ClusterRole, PolicyRule, Role } from '../../types/rbac/v1.ts';
import { readSelector } from '../apps/validation.ts';
import { createdAtColumns } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

function validateRule(rule: Loose<PolicyRule>, path: string, namespaced: boolean): FieldError[] {
  const { verbs = [], nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  const errors: FieldError[] = [];
  if (verbs.length === 0) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    if (namespaced) errors.push(invalid(`${path}.nonResourceURLs`, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length + resources.length + resourceNames.length > 0) errors.push(invalid(`${path}.nonResourceURLs`, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
    return errors;
  }
  if (apiGroups.length === 0) errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0) errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

const validateRole = ({ rules = [] }: Loose<Role>): FieldError[] => rules.flatMap((rule, i) => validateRule(rule, `rules[${i}]`, true));

/** `allowInvalidValues`: label values that cannot be stood in a selector before. */
function validateClusterRole({ rules = [], aggregationRule }: Loose<ClusterRole>, allowInvalidValues = false): FieldError[] {
  const errors = rules.flatMap((rule, i) => validateRule(rule, `rules[${i}]`, false));
  if (aggregationRule === undefined) return errors;
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  selectors.forEach((selector, i) => {
    errors.push(...validateLabelSelector(selector as LabelSelector, `${path}[${i}]`, { allowInvalidValues }));
    if (readSelector(selector) === undefined) errors.push(invalid(`${path}[${i}]`, null, 'invalid label selector.'));
  });
  return errors;
}

export const roleDefinition: ResourceDefinition<Role> = {
  type: roles,
  nameRule: 'path-segment',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  validate: validateRole,
  update: { validateUpdate: validateRole },
  columns: createdAtColumns,
};

export const clusterRoleDefinition: ResourceDefinition<ClusterRole> = {
  type: clusterroles,
  nameRule: 'path-segment',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  validate: (role) => validateClusterRole(role),
  update: {
    validateUpdate(role, { aggregationRule: before }) {
      const allowInvalidValues = before?.clusterRoleSelectors?.some((selector) => validateLabelSelector(selector, '').length > 0);
      return validateClusterRole(role, allowInvalidValues);
    },
  },
  columns: createdAtColumns,
};
