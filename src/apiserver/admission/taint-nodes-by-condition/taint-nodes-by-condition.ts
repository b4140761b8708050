import { nodes } from '../../../api/resources.ts';
import type { Node } from '../../../api/types/core/v1.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy } from '../refuse.ts';

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A new node takes no pods until it has been seen ready. */
export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    handles: concernedBy(['CREATE'], nodes),
    admit: (attributes) => {
      const node = attributes.object as Node;
      const spec = (node.spec ??= {});
      const taints = spec.taints ?? [];
      if (!taints.some((taint) => taint.key === notReady.key && taint.effect === notReady.effect)) spec.taints = [...taints, { ...notReady }];
    },
  };
}
