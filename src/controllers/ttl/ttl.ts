import { nameOf } from '../../api/meta/object.ts';
import { nodes } from '../../api/resources.ts';
import type { Node } from '../../api/types/core/v1.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';

const identity = 'ttl-controller';
const annotation = 'node.alpha.kubernetes.io/ttl';

/** How long kubelets may believe what they have read of secrets and config maps, by the number of nodes. Steps overlap, so that a cluster at a boundary does not go to and fro. */
const steps: readonly { readonly min: number; readonly max: number; readonly seconds: number }[] = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Number.MAX_SAFE_INTEGER, seconds: 300 },
];

/** The step for so many nodes, coming from another one. */
export function nextStep(step: number, nodeCount: number): number {
  if (nodeCount > steps[step]!.max) return step + 1;
  return nodeCount < steps[step]!.min ? step - 1 : step;
}

/** Writes into each node's annotation how long its kubelet may believe what it has read. */
export async function startTtlController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const informer = informers.informer(nodes);
  const queue = new WorkQueue({ clock });
  let step = 0;
  const isRight = (node: Node): boolean => node.metadata.annotations?.[annotation] === String(steps[step]!.seconds);
  const count = (): void => {
    const before = step;
    step = nextStep(step, informer.lister.size);
    if (step !== before) for (const node of informer.lister.list()) queue.add(nameOf(node));
  };
  const look = (node: Node): void => { if (!isRight(node)) queue.add(nameOf(node)); };
  informer.addHandler({
    add(node) {
      count();
      look(node);
    },
    update: (_old, node) => look(node),
    delete: count,
  });
  const reconcile = async (name: string): Promise<void> => {
    const node = informer.lister.get('', name);
    if (node === undefined || isRight(node)) return;
    await client.patch(nodes, { name }, { type: 'strategic', value: { metadata: { annotations: { [annotation]: String(steps[step]!.seconds) } } } });
  };
  runController({ name: identity, clock, logger, signal, informers: [informer], queue, reconcile });
}
