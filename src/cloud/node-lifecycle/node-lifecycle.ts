import { changeTaints } from '../../client/node-taints.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import { findCondition } from '../../api/meta/conditions.ts';
import { nameOf } from '../../api/meta/object.ts';
import { nodes } from '../../api/resources.ts';
import type { Node, ObjectReference, Taint } from '../../api/types/core/v1.ts';
import type { CloudContext } from '../context.ts';
import { forEachPeriod } from '../periodically.ts';

const identity = 'cloud-node-lifecycle-controller';
const shutdownTaint: Taint = { key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' };

/** Deletes nodes whose machines are gone, and marks those whose machines are switched off. */
export async function startCloudNodeLifecycleController(context: CloudContext): Promise<void> {
  const { cloud: { instances }, logger: parent, informers, settings } = context;
  if (instances === undefined) return;
  const logger = parent.named(identity);
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, identity);
  const informer = informers.informer(nodes);

  const setShutdown = async (node: Node, isShutDown: boolean): Promise<void> => {
    await changeTaints(client, node, isShutDown ? { add: [shutdownTaint], remove: [] } : { add: [], remove: [shutdownTaint] });
  };
  const look = async (node: Node): Promise<void> => {
    if (findCondition(node.status?.conditions, 'Ready')?.status === 'True') return setShutdown(node, false);
    if (await instances.exists(node)) {
      // Only the taint is added here: it goes when the node is ready again.
      if (await instances.isShutDown(node)) await setShutdown(node, true);
      return;
    }
    const name = nameOf(node);
    const reference: ObjectReference = { apiVersion: 'v1', kind: 'Node', name, ...(node.metadata.uid !== undefined && { uid: node.metadata.uid }) };
    recorder.event(reference, 'Normal', 'DeletingNode', `Deleting node ${name} because it does not exist in the cloud provider`);
    await client.delete(nodes, { name }).catch((error: unknown) => {
      recorder.event(reference, 'Warning', 'DeletingNodeFailed', `Failed deleting node ${name}: ${(error as Error).message}`);
      throw error;
    });
  };
  forEachPeriod(context, settings.nodeMonitorPeriodMs, informer, async () => {
    for (const node of informer.lister.list()) await look(node).catch((error: unknown) => logger.warn('a node could not be compared with the cloud', { node: nameOf(node), error }));
  });
}
