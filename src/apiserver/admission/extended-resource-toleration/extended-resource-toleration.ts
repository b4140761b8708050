import { semanticEqual } from '../../../api/meta/equal.ts';
import { isExtendedResource } from '../../../api/pod/validation/resource-names.ts';
import { pods } from '../../../api/resources.ts';
import type { Pod, PodSpec, Toleration } from '../../../api/types/core/v1.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy } from '../refuse.ts';

/** Replaces the toleration of the same taint, or adds one. */
function tolerate(spec: PodSpec, toleration: Toleration): void {
  const tolerations = spec.tolerations ?? [];
  const same = tolerations.findIndex((one) => one.key === toleration.key && one.operator === toleration.operator && one.effect === toleration.effect && (one.value ?? '') === '');
  if (same < 0) spec.tolerations = [...tolerations, toleration];
  else if (!semanticEqual(tolerations[same], toleration)) spec.tolerations = tolerations.with(same, toleration);
}

/** Pods that ask for an extended resource tolerate the taint of its name, by which others are kept off its nodes. */
export function extendedResourceToleration(): AdmissionPlugin {
  return {
    name: 'ExtendedResourceToleration',
    handles: concernedBy(['CREATE', 'UPDATE'], pods),
    admit({ object }) {
      const { spec } = object as Pod;
      if (spec === undefined) return;
      const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
      const resources = new Set(containers.flatMap(({ resources: own }) => Object.keys(own?.requests ?? {}).filter(isExtendedResource)));
      for (const key of [...resources].sort()) tolerate(spec, { key, operator: 'Exists', effect: 'NoSchedule' });
    },
  };
}
