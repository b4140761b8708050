import { findCondition } from '../../api/meta/conditions.ts';
import type { NamespaceCondition } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';

/** How far the emptying of a namespace has come. */
export interface Progress {
  /** Group versions that could not be discovered, with why. */
  readonly discoveryFailures: ReadonlyMap<string, string>;
  readonly deletionErrors: readonly string[];
  /** `pods.` or `deployments.apps`, as upstream prints them, to how many are left. */
  readonly remaining: ReadonlyMap<string, number>;
  readonly finalizers: ReadonlyMap<string, number>;
}

interface Verdict { readonly type: string; readonly failed: boolean; readonly reason: string; readonly message: string }

function verdicts(progress: Progress): Verdict[] {
  const { discoveryFailures, deletionErrors, remaining, finalizers } = progress;
  const verdict = (type: string, ok: readonly [string, string], bad: readonly [string, string] | undefined): Verdict => ({ type, failed: bad !== undefined, reason: (bad ?? ok)[0], message: (bad ?? ok)[1] });
  const failing = [...discoveryFailures].map(([groupVersion, message]) => `${groupVersion}: ${message}`).sort().join(', ');
  const left = [...remaining].map(([resource, count]) => `${resource} has ${count} resource instances`).sort().join(', ');
  const held = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort().join(', ');
  return [
    verdict('NamespaceDeletionDiscoveryFailure', ['ResourcesDiscovered', 'All resources successfully discovered'],
      discoveryFailures.size > 0 ? ['DiscoveryFailed', `Discovery failed for some groups, ${discoveryFailures.size} failing: unable to retrieve the complete list of server APIs: ${failing}`] : undefined),
    verdict('NamespaceDeletionGroupVersionParsingFailure', ['ParsedGroupVersions', 'All legacy kube types successfully parsed'], undefined),
    verdict('NamespaceDeletionContentFailure', ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
      deletionErrors.length > 0 ? ['ContentDeletionFailed', `Failed to delete all resource types, ${deletionErrors.length} remaining: ${deletionErrors.toSorted().join(', ')}`] : undefined),
    verdict('NamespaceContentRemaining', ['ContentRemoved', 'All content successfully removed'], remaining.size > 0 ? ['SomeResourcesRemain', `Some resources are remaining: ${left}`] : undefined),
    verdict('NamespaceFinalizersRemaining', ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
      finalizers.size > 0 ? ['SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${held}`] : undefined),
  ];
}

/** The conditions of a namespace that is being emptied; the very same list when nothing changed. */
export function deletionConditions(old: readonly NamespaceCondition[], progress: Progress, nowMs: number): readonly NamespaceCondition[] {
  let changed = false;
  let conditions = [...old];
  for (const { type, failed, reason, message } of verdicts(progress)) {
    const status = failed ? 'True' : 'False';
    const known = findCondition(conditions, type);
    if (known?.status === status && known.reason === reason && known.message === message) continue;
    changed = true;
    const lastTransitionTime = known?.status === status && known.lastTransitionTime !== undefined ? known.lastTransitionTime : formatTime(nowMs);
    const next = { type, status, lastTransitionTime, reason, message };
    conditions = known === undefined ? [...conditions, next] : conditions.map((condition) => (condition === known ? next : condition));
  }
  return changed ? conditions : old;
}
