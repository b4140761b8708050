import { pods } from '../../../api/resources.ts';
import { forbiddenError } from '../../../api/status.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy } from '../refuse.ts';

const hostname = 'kubernetes.io/hostname';

/** Required anti-affinity may keep pods off nodes, not off whole zones. */
export function limitPodHardAntiAffinityTopology(): AdmissionPlugin {
  return {
    name: 'LimitPodHardAntiAffinityTopology',
    handles: concernedBy(['CREATE', 'UPDATE'], pods),
    validate({ object }) {
      const { metadata, spec } = object as Pod;
      for (const { topologyKey } of spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
        if (topologyKey !== hostname) throw forbiddenError(pods, metadata.name ?? '', `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${topologyKey} but only key ${hostname} is allowed`);
      }
    },
  };
}
