import type { Pod, PodSpec } from '../../src/api/types/core/v1.ts';

/** What the machine of a node has to give. */
export const nodeResources = { cpu: '32', memory: '128Gi', pods: '110' };

/** Labels of one node of many, in three zones. */
export const nodeLabels = (name: string, index: number): Record<string, string> => ({ 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${index % 3}` });

const like = { matchLabels: { app: 'x' } };
/** What pods ask for beside room: nothing, a node without their like, zones that have as many of them. */
const kinds = {
  plain: {},
  'anti-affinity': { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: like, topologyKey: 'kubernetes.io/hostname' }] } } },
  spread: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: like }] },
} satisfies Record<string, Partial<PodSpec>>;

export type PodKind = keyof typeof kinds;

/** One of many pods that a node is to be found for. */
export const podToSchedule = (index: number, kind: PodKind = 'plain'): Pod => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name: `scheduled-${index}`, labels: { app: 'x' } },
  spec: {
    containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '100m', memory: '500Mi' } } }],
    ...kinds[kind],
  },
});
