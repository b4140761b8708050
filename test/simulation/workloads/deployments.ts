import { deployments } from '../../../src/api/resources.ts';
import type { Deployment, DeploymentSpec, ReplicaSet } from '../../../src/api/types/apps/v1.ts';
import type { Chance } from '../../fuzz/chance.ts';
import type { Operation } from './operation.ts';
import { badImage, edit, goodImages, one, remove, someName, somewhere, template } from './operation.ts';

const numberOrPercent = (chance: Chance): number | string => chance.pick([0, 1, 1, 2, 3, '10%', '25%', '50%', '100%']);

function strategy(chance: Chance): NonNullable<DeploymentSpec['strategy']> {
  if (chance.happens(0.15)) return { type: 'Recreate' };
  const maxUnavailable = numberOrPercent(chance);
  const maxSurge = numberOrPercent(chance);
  const both = maxUnavailable === 0 && maxSurge === 0;
  return { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge: both ? 1 : maxSurge } };
}

export function newDeployment(chance: Chance, namespace: string, name: string): Deployment {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name },
    spec: {
      replicas: chance.int(7), strategy: strategy(chance), selector: { matchLabels: labels }, template: template(chance, labels),
      revisionHistoryLimit: chance.pick([0, 1, 10]), progressDeadlineSeconds: 600,
      ...(chance.happens(0.3) && { minReadySeconds: chance.pick([1, 5, 15]) }),
    },
  };
}

/** Back to a template that it had before, as `kubectl rollout undo` does. */
function rollBack(deployment: Deployment, replicaSets: readonly ReplicaSet[], chance: Chance): void {
  const old = replicaSets.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid));
  if (old.length === 0) return;
  const back = structuredClone(chance.pick(old).spec!.template!);
  delete back.metadata?.labels?.['pod-template-hash'];
  deployment.spec!.template = back;
}

export const deploymentOperations: readonly Operation[] = [
  { name: 'create a deployment', weight: 6, run: async (context) => {
    const { client, chance } = context;
    await client.create(deployments, newDeployment(chance, somewhere(context), someName(chance, 'web')));
  } },
  { name: 'change a deployment', weight: 12, run: async (context) => {
    const { chance, history } = context;
    const found = one<Deployment>(context, 'apps/deployments');
    if (found === undefined) return;
    const what = chance.int(8);
    const replicas = chance.int(9);
    const image = chance.happens(0.2) ? badImage : chance.pick(goodImages);
    const how = strategy(chance);
    await edit(context, deployments, found, (deployment) => {
      const spec = deployment.spec!;
      if (what <= 1) spec.replicas = replicas;
      else if (what <= 4) spec.template.spec!.containers[0]!.image = image;
      else if (what === 5) rollBack(deployment, [...history.objects<ReplicaSet>('apps/replicasets').values()], chance);
      else if (what === 6) spec.strategy = how;
      else spec.paused = spec.paused !== true;
    });
  } },
  { name: 'delete a deployment', weight: 1, run: async (context) => {
    const found = one<Deployment>(context, 'apps/deployments');
    if (found !== undefined) await remove(context, deployments, found);
  } },
];
