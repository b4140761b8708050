import { pods } from '../../../api/resources.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy } from '../refuse.ts';

const conditions = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Pods outlive five minutes (by default) of a node that is not ready or cannot be reached, unless they say otherwise. */
export function defaultTolerationSeconds(options: { readonly seconds?: number } = {}): AdmissionPlugin {
  const tolerationSeconds = options.seconds ?? 300;
  return {
    name: 'DefaultTolerationSeconds',
    handles: concernedBy(['CREATE', 'UPDATE'], pods),
    admit: (attributes) => {
      const { spec } = attributes.object as Pod;
      if (spec === undefined) return;
      const given = spec.tolerations ?? [];
      const missing = conditions.filter((key) => !given.some((one) => ((one.key ?? '') === key || (one.key ?? '') === '') && ((one.effect ?? '') === 'NoExecute' || (one.effect ?? '') === '')));
      if (missing.length > 0) spec.tolerations = [...given, ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }))];
    },
  };
}
