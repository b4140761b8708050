import { poddisruptionbudgets, pods, resourcequotas, services } from '../../../src/api/resources.ts';
import type { KubeObject } from '../../../src/api/meta/object.ts';
import type { Pod } from '../../../src/api/types/core/v1.ts';
import type { Status } from '../../../src/api/types/meta/v1.ts';
import type { Operation, UserContext } from './operation.ts';
import { edit, goodImages, lastingNamespaces, one, refOf, remove, someName, somewhere, template } from './operation.ts';

/** Of the names that deployments and stateful sets have. */
const someApp = (context: UserContext): string => (context.chance.happens(0.7) ? someName(context.chance, 'web') : someName(context.chance, 'db', 3));

export async function evict({ client }: UserContext, pod: Pod): Promise<void> {
  await client.createSubresource<KubeObject, Status>(pods, refOf(pod), 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: refOf(pod) });
}

export const podOperations: readonly Operation[] = [
  { name: 'delete a pod', weight: 5, run: async (context) => {
    const { client, chance } = context;
    const pod = one<Pod>(context, 'core/pods');
    if (pod !== undefined) await client.delete(pods, refOf(pod), chance.happens(0.2) ? { gracePeriodSeconds: 0 } : {});
  } },
  { name: 'evict a pod', weight: 5, run: async (context) => {
    const pod = one<Pod>(context, 'core/pods');
    if (pod !== undefined) await evict(context, pod);
  } },
  { name: 'take a pod from its owner', weight: 1, run: async (context) => {
    const pod = one<Pod>(context, 'core/pods', ({ metadata }) => metadata.ownerReferences?.[0]?.kind === 'ReplicaSet');
    if (pod !== undefined) await edit(context, pods, pod, ({ metadata }) => { metadata.labels = { stray: 'true' }; });
  } },
  { name: 'change the image of a running pod', weight: 1, run: async (context) => {
    const { chance } = context;
    const pod = one<Pod>(context, 'core/pods');
    const image = chance.pick(goodImages);
    if (pod !== undefined) await edit(context, pods, pod, ({ spec }) => { spec!.containers[0]!.image = image; });
  } },
  { name: 'create a bare pod', weight: 1, run: async (context) => {
    const { client, chance } = context;
    const { metadata, spec } = template(chance, { app: someApp(context) });
    await client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, namespace: somewhere(context), name: someName(chance, 'bare') }, spec: spec! });
  } },
  { name: 'create a service', weight: 3, run: async (context) => {
    const { client, chance } = context;
    const name = someApp(context);
    await client.create(services, {
      apiVersion: 'v1', kind: 'Service', metadata: { namespace: somewhere(context), name },
      spec: { selector: { app: name }, ports: [{ port: 80 }], ...(chance.happens(0.3) && { clusterIP: 'None' }), ...(chance.happens(0.2) && { publishNotReadyAddresses: true }) },
    });
  } },
  { name: 'delete a service', weight: 1, run: async (context) => {
    const found = one(context, 'core/services');
    if (found !== undefined) await remove(context, services, found);
  } },
  { name: 'create a budget', weight: 2, run: async (context) => {
    const { client, chance } = context;
    const name = someApp(context);
    await client.create(poddisruptionbudgets, {
      apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { namespace: somewhere(context), name },
      spec: { selector: { matchLabels: { app: name } }, ...(chance.happens(0.5) ? { minAvailable: chance.pick([1, 2, '50%']) } : { maxUnavailable: chance.pick([1, 2, '30%']) }) },
    });
  } },
  { name: 'delete a budget', weight: 1, run: async (context) => {
    const found = one(context, 'policy/poddisruptionbudgets');
    if (found !== undefined) await remove(context, poddisruptionbudgets, found);
  } },
  { name: 'create a quota', weight: 1, run: async (context) => {
    const { client, chance } = context;
    await client.create(resourcequotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace: chance.pick(lastingNamespaces), name: 'quota' }, spec: { hard: { pods: String(chance.int(20) + 5) } } });
  } },
  { name: 'delete a quota', weight: 1, run: async (context) => {
    const found = one(context, 'core/resourcequotas');
    if (found !== undefined) await remove(context, resourcequotas, found);
  } },
];
