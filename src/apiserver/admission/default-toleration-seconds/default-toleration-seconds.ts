import { pods } from '../../../api/resources.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy } from '../refuse.ts';

/** How long pods stay on such a node. */
export interface TolerationSeconds { readonly notReady: number; readonly unreachable: number }

/** Pods outlive five minutes (by default) of a node that is not ready or cannot be reached, unless they say otherwise. */
export function defaultTolerationSeconds({ notReady, unreachable }: TolerationSeconds = { notReady: 300, unreachable: 300 }): AdmissionPlugin {
  const defaults = [['node.kubernetes.io/not-ready', notReady], ['node.kubernetes.io/unreachable', unreachable]] as const;
  return {
    name: 'DefaultTolerationSeconds',
    handles: concernedBy(['CREATE', 'UPDATE'], pods),
    admit: (attributes) => {
      const { spec } = attributes.object as Pod;
      if (spec === undefined) return;
      const given = spec.tolerations ?? [];
      const missing = defaults.filter(([key]) => !given.some((one) => ((one.key ?? '') === key || (one.key ?? '') === '') && ((one.effect ?? '') === 'NoExecute' || (one.effect ?? '') === '')));
      if (missing.length > 0) spec.tolerations = [...given, ...missing.map(([key, tolerationSeconds]) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }))];
    },
  };
}
