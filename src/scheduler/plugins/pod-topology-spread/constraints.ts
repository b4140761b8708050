import type { Selector } from '../../../api/meta/labels.ts';
import { selectorFromLabels, selectorOf } from '../../../api/meta/labels.ts';
import type { Node, Pod, TopologySpreadConstraint } from '../../../api/types/core/v1.ts';
import { selectorFrom } from '../../cache/affinity-term.ts';
import { matchesRequiredAffinity } from '../../../api/pod/node-selector.ts';
import { toleratesNode } from '../../../api/pod/tolerations.ts';

/** A constraint with its defaults filled in, ready to be asked. */
export interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: Selector;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

export type Action = 'DoNotSchedule' | 'ScheduleAnyway';

/** The selector narrowed to pods that have the same values for these labels (KEP-3243). */
function narrowed(selector: Selector, keys: readonly string[] | undefined, labels: Readonly<Record<string, string>>): Selector {
  const same = Object.fromEntries((keys ?? []).flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])));
  return Object.keys(same).length === 0 ? selector : selectorOf([...selectorFromLabels(same).requirements, ...selector.requirements]);
}

/** Those of the constraints that call for this action; `labels` are the pod's. */
export function constraintsFor(constraints: readonly TopologySpreadConstraint[], action: Action, labels: Readonly<Record<string, string>> | undefined): Constraint[] {
  return constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action).map((one) => ({
    topologyKey: one.topologyKey,
    maxSkew: one.maxSkew,
    minDomains: one.minDomains ?? 1,
    // What matches nothing cannot be narrowed.
    selector: one.labelSelector === undefined ? selectorFrom(undefined) : narrowed(selectorFrom(one.labelSelector), one.matchLabelKeys, labels ?? {}),
    honorsAffinity: (one.nodeAffinityPolicy ?? 'Honor') === 'Honor',
    honorsTaints: one.nodeTaintsPolicy === 'Honor',
  }));
}

/**
 * Is the node one of those over which the constraint spreads: one that the pod could go to, as far as the policies say
 * (KEP-3094)? Undefined: all nodes are.
 */
export function eligibility(pod: Pod, { honorsAffinity, honorsTaints }: Constraint): ((node: Node) => boolean) | undefined {
  const affinity = honorsAffinity && (pod.spec?.nodeSelector !== undefined || pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined);
  if (!affinity && !honorsTaints) return undefined;
  return (node) => (!affinity || matchesRequiredAffinity(pod, node)) && (!honorsTaints || toleratesNode(node.spec?.taints, pod.spec?.tolerations));
}

/** Does the node have all the labels that the constraints spread over? */
export const hasTopologies = ({ metadata: { labels } }: Node, constraints: readonly Constraint[]): boolean => constraints.every(({ topologyKey }) => labels?.[topologyKey] !== undefined);
