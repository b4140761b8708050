import { mapsEqual, semanticEqual } from '../../../api/meta/equal.ts';
import type { TopologySpreadConstraint } from '../../../api/types/core/v1.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuse, refuseForGood } from '../../framework/verdict.ts';
import type { Action, Constraint } from './constraints.ts';
import { constraintsFor, hasTopologies } from './constraints.ts';
import type { Owners } from './default-selector.ts';
import { defaultSelector } from './default-selector.ts';
import { HardSpreads } from './hard-spread.ts';
import { SoftSpreads } from './soft-spread.ts';

export interface PodTopologySpreadArgs {
  /** `System`: spread what belongs together over nodes and zones; `List`: as `defaultConstraints` say. */
  readonly defaultingType?: 'System' | 'List';
  /** For pods that have no constraints of their own; without label selectors, which follow from who owns the pod. */
  readonly defaultConstraints?: readonly TopologySpreadConstraint[];
}

const systemConstraints: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

const refusals = {
  skewed: refuse("node(s) didn't match pod topology spread constraints"),
  'label missing': refuseForGood("node(s) didn't match pod topology spread constraints (missing required label)"),
};

const matchesAny = (constraints: readonly Constraint[], { pod }: PodInfo): boolean => constraints.some(({ selector }) => selector.matches(pod.metadata.labels));

/** Pods of a group spread evenly over zones, nodes or what else a label says. Without `owners`: no default constraints. */
export function podTopologySpread(args: PodTopologySpreadArgs = {}, owners?: Owners): Plugin<HardSpreads, SoftSpreads> {
  const isSystem = (args.defaultingType ?? 'System') === 'System';
  const defaults = isSystem ? systemConstraints : (args.defaultConstraints ?? []);

  const constraintsOf = ({ pod }: PodInfo, action: Action): readonly Constraint[] => {
    const own = pod.spec?.topologySpreadConstraints ?? [];
    if (own.length > 0) return constraintsFor(own, action, pod.metadata.labels);
    if (owners === undefined || !defaults.some(({ whenUnsatisfiable }) => whenUnsatisfiable === action)) return [];
    const selector = defaultSelector(pod, owners);
    return selector.empty ? [] : constraintsFor(defaults, action, pod.metadata.labels).map((constraint) => ({ ...constraint, selector }));
  };
  const hard = (info: PodInfo): readonly Constraint[] => constraintsOf(info, 'DoNotSchedule');

  return {
    name: 'PodTopologySpread',
    prepare(info, snapshot) {
      const constraints = hard(info);
      return constraints.length === 0 ? { skip: true } : { state: new HardSpreads(info, constraints, snapshot) };
    },
    filter(_info, node, state) {
      const objection = state?.objection(node);
      return objection === undefined ? undefined : refusals[objection];
    },
    imagine: (state, pod, other) => state.imagine(pod, other),
    prepareScore(info, nodes, snapshot) {
      const constraints = constraintsOf(info, 'ScheduleAnyway');
      if (constraints.length === 0) return { skip: true };
      const requireAll = (info.pod.spec?.topologySpreadConstraints ?? []).length > 0 || !isSystem;
      return { state: new SoftSpreads(info, constraints, { nodes, snapshot, requireAll }) };
    },
    score: (_info, node, state) => state?.score(node) ?? 0,
    normalize: (scores, nodes, state) => state?.normalize(scores, nodes),
    wakes: {
      AssignedPodAdd: (pod, { object }) => object.namespace === pod.namespace && matchesAny(hard(pod), object),
      AssignedPodDelete: (pod, { old }) => old.namespace === pod.namespace && matchesAny(hard(pod), old),
      AssignedPodUpdateLabel: (pod, { old, object }) => object.namespace === pod.namespace && hard(pod).some(({ selector }) => selector.matches(old.pod.metadata.labels) !== selector.matches(object.pod.metadata.labels)),
      UnscheduledPodUpdateLabel: (pod, { old, object }) => hard(pod).some(({ selector }) => selector.matches(old.pod.metadata.labels) !== selector.matches(object.pod.metadata.labels)),
      UnscheduledPodUpdateToleration: (pod) => hard(pod).some(({ honorsTaints }) => honorsTaints),
      NodeAdd: (pod, { object }) => hasTopologies(object, hard(pod)),
      NodeDelete: (pod, { old }) => hasTopologies(old, hard(pod)),
      NodeUpdateLabel: (pod, { old, object }) => {
        const constraints = hard(pod);
        if (hasTopologies(old, constraints) !== hasTopologies(object, constraints)) return true;
        const values = (node: typeof old): Record<string, string> => Object.fromEntries(constraints.map(({ topologyKey }) => [topologyKey, node.metadata.labels?.[topologyKey] ?? '']));
        return hasTopologies(object, constraints) && !mapsEqual(values(old), values(object));
      },
      NodeUpdateTaint: (pod, { old, object }) => hasTopologies(object, hard(pod)) && !semanticEqual(old.spec?.taints, object.spec?.taints),
    },
  };
}
