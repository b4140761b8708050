import { semanticEqual } from '../../../api/meta/equal.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject } from '../../../api/types/rbac/v1.ts';
import { uncoveredRules } from '../../../api/rbac/rule-coverage.ts';
import { autoUpdateAnnotation } from './objects.ts';

/** What brings an existing object in line with a default one. `recreate`: a binding's roleRef cannot be changed. */
export type Reconciliation =
  | { readonly action: 'none' }
  | { readonly action: 'update' | 'recreate'; readonly object: KubeObject };

type AnyRole = Role | ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

const isBinding = (object: KubeObject): object is AnyBinding => 'roleRef' in object;

const sameSubject = (a: Subject, b: Subject): boolean => a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');

/**
 * How upstream's API server treats a default role or binding that exists already: what is missing is added (labels,
 * annotations, rules, subjects), what was added by others stays, and an object whose autoupdate annotation is `false`
 * is left alone. `existing` is not changed.
 */
export function reconcileDefault(expected: KubeObject, existing: KubeObject): Reconciliation {
  if (existing.metadata.annotations?.[autoUpdateAnnotation] === 'false') return { action: 'none' };
  const metadata = {
    ...existing.metadata,
    labels: { ...expected.metadata.labels, ...existing.metadata.labels },
    annotations: { ...expected.metadata.annotations, ...existing.metadata.annotations },
  };
  if (isBinding(expected)) {
    const current = existing as AnyBinding;
    if (!semanticEqual(current.roleRef, expected.roleRef)) {
      const { name, namespace, labels, annotations } = { ...existing.metadata, ...metadata };
      return { action: 'recreate', object: { ...expected, metadata: { ...(name !== undefined && { name }), ...(namespace !== undefined && { namespace }), labels, annotations } } };
    }
    const subjects = [...(current.subjects ?? [])];
    for (const subject of expected.subjects ?? []) if (!subjects.some((one) => sameSubject(one, subject))) subjects.push(subject);
    const object: AnyBinding = { ...current, metadata, ...(subjects.length > 0 && { subjects }) };
    return semanticEqual(object, existing) ? { action: 'none' } : { action: 'update', object };
  }
  const wanted = expected as ClusterRole;
  const current = existing as ClusterRole;
  const object: AnyRole = { ...current, metadata };
  if (wanted.aggregationRule === undefined) {
    const missing = uncoveredRules(current.rules ?? [], wanted.rules ?? []);
    if (missing.length > 0) object.rules = [...(current.rules ?? []), ...missing];
    // A role that is not meant to gather others' rules must not.
    delete (object as ClusterRole).aggregationRule;
  } else {
    const selectors = [...(current.aggregationRule?.clusterRoleSelectors ?? [])];
    for (const selector of wanted.aggregationRule.clusterRoleSelectors ?? []) if (!selectors.some((one) => semanticEqual(one, selector))) selectors.push(selector);
    (object as ClusterRole).aggregationRule = { clusterRoleSelectors: selectors };
  }
  return semanticEqual(object, existing) ? { action: 'none' } : { action: 'update', object };
}
