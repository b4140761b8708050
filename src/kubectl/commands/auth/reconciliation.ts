import { uncoveredRules } from '../../../api/rbac/rule-coverage.ts';
import type { PolicyRule } from '../../../api/types/rbac/v1.ts';
import type { AnyObject } from '../../resources/item.ts';
import { sameValue } from '../../writes/last-applied.ts';
import type { Subject } from '../create/subject-flags.ts';

/** What has to be done so that an object of the server grants what a manifest says. */
export interface Reconciliation {
  readonly operation: 'none' | 'create' | 'update' | 'recreate';
  readonly object: AnyObject;
  /** The object says that nobody is to change it so. */
  readonly isProtected: boolean;
  readonly missingRules?: readonly PolicyRule[];
  readonly extraRules?: readonly PolicyRule[];
  readonly missingSubjects?: readonly Subject[];
  readonly extraSubjects?: readonly Subject[];
}

export interface Rbac extends AnyObject {
  readonly rules?: readonly PolicyRule[] | null;
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly object[] };
  readonly roleRef?: object;
  readonly subjects?: readonly Subject[];
}

const isProtected = ({ metadata }: AnyObject): boolean => metadata?.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'false';

/** What the server has goes before what the manifest says. */
function withMetadata(existing: Rbac, expected: Rbac): Rbac {
  const merged = (field: 'labels' | 'annotations'): Record<string, string> | undefined => (expected.metadata?.[field] === undefined && existing.metadata?.[field] === undefined ? undefined : { ...expected.metadata?.[field], ...existing.metadata?.[field] });
  const [annotations, labels] = [merged('annotations'), merged('labels')];
  return { ...existing, metadata: { ...existing.metadata, ...(annotations !== undefined && { annotations }), ...(labels !== undefined && { labels }) } };
}

const without = <T>(list: readonly T[], others: readonly T[]): T[] => list.filter((one, i) => !others.some((other) => sameValue(one, other)) && list.findIndex((other) => sameValue(one, other)) === i);

/** For roles. `removeExtra`: what the manifest does not say goes away. */
export function reconciledRole(existing: Rbac, expected: Rbac, removeExtra: boolean): Reconciliation {
  const [has, wants] = [existing.rules ?? [], expected.rules ?? []];
  const extraRules = expected.aggregationRule === undefined || existing.aggregationRule === undefined ? uncoveredRules(wants, has) : [];
  const missingRules = uncoveredRules(has, wants);
  let object = withMetadata(existing, expected);
  if (removeExtra ? missingRules.length + extraRules.length > 0 : missingRules.length > 0) object = { ...object, rules: removeExtra ? wants : [...has, ...missingRules] };
  const selectors = (rbac: Rbac): readonly object[] => rbac.aggregationRule?.clusterRoleSelectors ?? [];
  const missing = without(selectors(expected), selectors(existing));
  const extra = without(selectors(existing), selectors(expected));
  if (expected.aggregationRule === undefined && existing.aggregationRule !== undefined) {
    const { aggregationRule: _, ...bare } = object;
    object = bare;
  } else if (removeExtra && missing.length + extra.length > 0) object = { ...object, aggregationRule: expected.aggregationRule! };
  else if (!removeExtra && missing.length > 0) object = { ...object, aggregationRule: { ...existing.aggregationRule, clusterRoleSelectors: [...selectors(existing), ...missing] } };
  return { operation: sameValue(object, existing) ? 'none' : 'update', object, isProtected: isProtected(existing), missingRules, extraRules };
}

/** For bindings. One to another role has to be made anew. */
export function reconciledBinding(existing: Rbac, expected: Rbac, removeExtra: boolean): Reconciliation {
  if (!sameValue(existing.roleRef, expected.roleRef)) return { operation: 'recreate', object: expected, isProtected: isProtected(existing) };
  const [has, wants] = [existing.subjects ?? [], expected.subjects ?? []];
  const [missingSubjects, extraSubjects] = [without(wants, has), without(has, wants)];
  let object = withMetadata(existing, expected);
  if (removeExtra ? missingSubjects.length + extraSubjects.length > 0 : missingSubjects.length > 0) object = { ...object, subjects: removeExtra ? wants : [...has, ...missingSubjects] };
  return { operation: sameValue(object, existing) ? 'none' : 'update', object, isProtected: isProtected(existing), missingSubjects, extraSubjects };
}
