import { deployments, poddisruptionbudgets, statefulsets } from '../../../src/api/resources.ts';
import type { Deployment, StatefulSet } from '../../../src/api/types/apps/v1.ts';
import type { Pod, PodTemplateSpec } from '../../../src/api/types/core/v1.ts';
import { namespaceOf } from '../../../src/api/meta/object.ts';
import type { Operation, UserContext } from './operation.ts';
import { edit, goodImages, quietNamespace } from './operation.ts';
import { evict } from './pods.ts';

/** What stands in the quiet namespace, and how much of each may be down at once by what its controllers, or evictions, do. */
export const quiet = {
  rolled: { replicas: 5, maxUnavailable: 1 },
  guarded: { replicas: 4, maxUnavailable: 1 },
  ordered: { replicas: 3, maxUnavailable: 1 },
} as const;

const meta = (name: string): { namespace: string; name: string } => ({ namespace: quietNamespace, name });

/** Pods that start in no time, and stay wherever they are. */
function template(name: string): PodTemplateSpec {
  return {
    metadata: { labels: { app: name }, annotations: { 'coxswain.io/start-delay': '1s', 'coxswain.io/stop-delay': '2s' } },
    spec: {
      automountServiceAccountToken: false, tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
      containers: [{ name: 'app', image: goodImages[0] }],
    },
  };
}

const deployment = (name: 'rolled' | 'guarded'): Deployment => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta(name),
  spec: {
    replicas: quiet[name].replicas, selector: { matchLabels: { app: name } }, template: template(name),
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: quiet[name].maxUnavailable, maxSurge: 2 } },
  },
});

/** Makes what users then are careful with. */
export async function prepareQuiet({ client }: UserContext): Promise<void> {
  await client.create(deployments, deployment('rolled'));
  await client.create(deployments, deployment('guarded'));
  await client.create(poddisruptionbudgets, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: meta('guarded'), spec: { maxUnavailable: quiet.guarded.maxUnavailable, selector: { matchLabels: { app: 'guarded' } } } });
  const set: StatefulSet = {
    apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: meta('ordered'),
    spec: { replicas: quiet.ordered.replicas, serviceName: 'ordered', selector: { matchLabels: { app: 'ordered' } }, template: template('ordered') },
  };
  await client.create(statefulsets, set);
}

const guardedPods = ({ history }: UserContext): readonly Pod[] => [...history.objects<Pod>('core/pods').values()].filter((pod) => namespaceOf(pod) === quietNamespace && pod.metadata.labels?.['app'] === 'guarded');

export const quietOperations: readonly Operation[] = [
  { name: 'roll out quietly', weight: 4, run: async (context) => {
    const image = context.chance.pick(goodImages);
    await edit(context, deployments, { metadata: meta('rolled') }, ({ spec }) => { spec!.template.spec!.containers[0]!.image = image; });
  } },
  { name: 'roll out a stateful set quietly', weight: 3, run: async (context) => {
    const image = context.chance.pick(goodImages);
    await edit(context, statefulsets, { metadata: meta('ordered') }, ({ spec }) => { spec!.template.spec!.containers[0]!.image = image; });
  } },
  { name: 'evict what a budget guards', weight: 8, run: async (context) => {
    const pods = guardedPods(context);
    if (pods.length > 0) await evict(context, context.chance.pick(pods));
  } },
];
