import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';

/** Keeps a pod out of the queue until its `schedulingGates` are gone (KEP-3521). */
export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  gate: ({ pod }) => {
    const gates = pod.spec?.schedulingGates ?? [];
    return gates.length === 0 ? undefined : refuseForGood(`waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]`);
  },
  wakes: { UnscheduledPodSchedulingGatesEliminated: true },
};
