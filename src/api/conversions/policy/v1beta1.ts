import { semanticEqual } from '../../meta/equal.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import type { PodDisruptionBudget } from '../../types/policy/v1.ts';
import type { VersionRules } from '../version-rules.ts';

/** An empty selector chose no pod in policy/v1beta1 and chooses every pod in v1; this key stands for the other meaning in each. */
const marker = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';
const empty: LabelSelector = {};
const noneInV1: LabelSelector = { matchExpressions: [{ key: marker, operator: 'Exists' }] };
const allInV1beta1: LabelSelector = { matchExpressions: [{ key: marker, operator: 'DoesNotExist' }] };

/** The marker means nothing in the company of other requirements. */
function withoutMarker({ matchLabels, matchExpressions, ...rest }: LabelSelector): LabelSelector {
  const labels = Object.entries(matchLabels ?? {}).filter(([key]) => key !== marker);
  const expressions = matchExpressions?.filter(({ key }) => key !== marker) ?? [];
  return { ...rest, ...(labels.length > 0 && { matchLabels: Object.fromEntries(labels) }), ...(expressions.length > 0 && { matchExpressions: expressions }) };
}

function withSelector(object: KubeObject, pairs: readonly (readonly [from: LabelSelector, to: LabelSelector])[]): KubeObject {
  const { spec } = object as PodDisruptionBudget;
  const selector = spec?.selector;
  if (selector === undefined) return object;
  const found = pairs.find(([from]) => semanticEqual(from, selector));
  return { ...object, spec: { ...spec, selector: found === undefined ? withoutMarker(selector) : structuredClone(found[1]) } } as KubeObject;
}

export const podDisruptionBudgetRules: VersionRules = {
  toStored: (object) => withSelector(object, [[empty, noneInV1], [allInV1beta1, empty]]),
  fromStored: (object) => withSelector(object, [[noneInV1, empty], [empty, allInV1beta1]]),
};
