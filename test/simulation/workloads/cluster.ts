import { configmaps, namespaces, nodes } from '../../../src/api/resources.ts';
import type { Node, Pod, Taint } from '../../../src/api/types/core/v1.ts';
import type { Operation, UserContext } from './operation.ts';
import { edit, quietNamespace, someName } from './operation.ts';
import { evict } from './pods.ts';

const trouble: Taint = { key: 'trouble', effect: 'NoExecute' };

function someNode({ chance, history }: UserContext): Node | undefined {
  const all = [...history.objects<Node>('core/nodes').values()];
  return all.length === 0 ? undefined : chance.pick(all);
}

async function drain(context: UserContext, node: Node): Promise<void> {
  await edit(context, nodes, node, ({ spec }) => { spec!.unschedulable = true; });
  const there = [...context.history.objects<Pod>('core/pods').values()].filter(({ spec, metadata }) => spec?.nodeName === node.metadata.name && metadata.ownerReferences?.[0]?.kind !== 'DaemonSet' && (metadata.namespace !== quietNamespace || metadata.labels?.['app'] === 'guarded'));
  for (const pod of there) await evict(context, pod).catch(() => {});
}

/** The one object that everybody counts in. */
export const counterName = 'counter';

export const clusterOperations: readonly Operation[] = [
  { name: 'drain a node', weight: 2, run: async (context) => {
    const node = someNode(context);
    if (node !== undefined) await drain(context, node);
  } },
  { name: 'uncordon a node', weight: 4, run: async (context) => {
    const node = someNode(context);
    if (node !== undefined) await edit(context, nodes, node, ({ spec }) => { delete spec!.unschedulable; });
  } },
  { name: 'taint a node, or take the taint away', weight: 2, run: async (context) => {
    const node = someNode(context);
    if (node === undefined) return;
    await edit(context, nodes, node, ({ spec }) => {
      const others = (spec!.taints ?? []).filter(({ key }) => key !== trouble.key);
      spec!.taints = others.length === (spec!.taints ?? []).length ? [...others, trouble] : others;
    });
  } },
  { name: 'create a namespace', weight: 2, run: async ({ client, chance }) => {
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: someName(chance, 'passing', 3) } });
  } },
  { name: 'delete a namespace', weight: 1, run: async (context) => {
    const { client, chance } = context;
    await client.delete(namespaces, { name: someName(chance, 'passing', 3) });
  } },
  { name: 'count', weight: 5, run: async (context) => {
    await edit(context, configmaps, { metadata: { namespace: 'default', name: counterName } }, (counter) => {
      counter.data = { count: String(Number(counter.data?.['count'] ?? '0') + 1) };
    });
  } },
];
