import { daemonsets, statefulsets } from '../../../src/api/resources.ts';
import type { DaemonSet, StatefulSet } from '../../../src/api/types/apps/v1.ts';
import type { Chance } from '../../fuzz/chance.ts';
import type { Operation } from './operation.ts';
import { badImage, edit, goodImages, one, remove, someName, somewhere, template } from './operation.ts';

export function newStatefulSet(chance: Chance, namespace: string, name: string): StatefulSet {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { namespace, name },
    spec: {
      replicas: chance.int(5), serviceName: name, selector: { matchLabels: labels }, template: template(chance, labels),
      podManagementPolicy: chance.pick(['OrderedReady', 'Parallel']),
      updateStrategy: chance.happens(0.8) ? { type: 'RollingUpdate', rollingUpdate: { partition: chance.happens(0.3) ? chance.int(3) : 0 } } : { type: 'OnDelete' },
    },
  };
}

export const statefulSetOperations: readonly Operation[] = [
  { name: 'create a stateful set', weight: 4, run: async (context) => {
    const { client, chance } = context;
    await client.create(statefulsets, newStatefulSet(chance, somewhere(context), someName(chance, 'db', 3)));
  } },
  { name: 'change a stateful set', weight: 7, run: async (context) => {
    const { chance } = context;
    const found = one<StatefulSet>(context, 'apps/statefulsets');
    if (found === undefined) return;
    const what = chance.int(4);
    const replicas = chance.int(6);
    const partition = chance.int(4);
    const image = chance.happens(0.15) ? badImage : chance.pick(goodImages);
    await edit(context, statefulsets, found, ({ spec }) => {
      if (what === 0) spec!.replicas = replicas;
      else if (what === 1 && spec!.updateStrategy?.type === 'RollingUpdate') spec!.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition } };
      else spec!.template.spec!.containers[0]!.image = image;
    });
  } },
  { name: 'delete a stateful set', weight: 1, run: async (context) => {
    const found = one<StatefulSet>(context, 'apps/statefulsets');
    if (found !== undefined) await remove(context, statefulsets, found);
  } },
  { name: 'create a daemon set', weight: 1, run: async (context) => {
    const { client, chance } = context;
    const name = someName(chance, 'agent', 2);
    const labels = { app: name };
    await client.create(daemonsets, {
      apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { namespace: somewhere(context), name },
      spec: {
        selector: { matchLabels: labels }, template: template(chance, labels),
        updateStrategy: chance.happens(0.2) ? { type: 'OnDelete' } : { type: 'RollingUpdate', rollingUpdate: chance.happens(0.5) ? { maxUnavailable: chance.int(2) + 1, maxSurge: 0 } : { maxUnavailable: 0, maxSurge: chance.int(2) + 1 } },
      },
    });
  } },
  { name: 'change a daemon set', weight: 3, run: async (context) => {
    const { chance } = context;
    const found = one<DaemonSet>(context, 'apps/daemonsets');
    const image = chance.happens(0.15) ? badImage : chance.pick(goodImages);
    if (found !== undefined) await edit(context, daemonsets, found, ({ spec }) => { spec!.template.spec!.containers[0]!.image = image; });
  } },
  { name: 'delete a daemon set', weight: 1, run: async (context) => {
    const found = one<DaemonSet>(context, 'apps/daemonsets');
    if (found !== undefined) await remove(context, daemonsets, found);
  } },
];
