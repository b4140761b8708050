import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import { findCondition, setCondition } from '../../api/meta/conditions.ts';
import { nameOf, uidOf } from '../../api/meta/object.ts';
import { podCidrsOf } from '../../api/node/pod-cidrs.ts';
import { nodes } from '../../api/resources.ts';
import type { Node, NodeCondition, ObjectReference } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { CloudContext } from '../context.ts';
import { forEachPeriod } from '../periodically.ts';
import { planRoutes } from './plan.ts';

const identity = 'route-controller';

/** Makes routes in the cloud to the pods of each node, and says on the nodes whether they are there. */
export async function startRouteController(context: CloudContext): Promise<void> {
  const { cloud: { routes }, clock, logger: parent, informers, settings: { clusterName, clusterCidrs, routeReconciliationPeriodMs } } = context;
  if (routes === undefined) return;
  const logger = parent.named(identity);
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, 'route_controller');
  const informer = informers.informer(nodes);

  const create = async ({ node, cidr }: { readonly node: Node; readonly cidr: string }): Promise<boolean> => {
    const name = nameOf(node);
    const startMs = clock.monotonicMs();
    try {
      await routes.create(clusterName, uidOf(node), { name: '', targetNode: name, targetAddresses: node.status?.addresses ?? [], destinationCidr: cidr });
      return true;
    } catch (error) {
      const reference: ObjectReference = { apiVersion: 'v1', kind: 'Node', name, uid: uidOf(node) };
      recorder.event(reference, 'Warning', 'FailedToCreateRoute', `Could not create route ${uidOf(node)} ${cidr} for node ${name} after ${clock.monotonicMs() - startMs}ms: ${(error as Error).message}`);
      return false;
    }
  };
  const say = async (node: Node, created: boolean): Promise<void> => {
    const now = formatTime(clock.now());
    const condition: NodeCondition = {
      type: 'NetworkUnavailable', status: created ? 'False' : 'True', lastHeartbeatTime: now, lastTransitionTime: now,
      ...(created ? { reason: 'RouteCreated', message: 'RouteController created a route' } : { reason: 'NoRouteCreated', message: 'RouteController failed to create a route' }),
    };
    const old = findCondition(node.status?.conditions, condition.type);
    if (old?.status === condition.status && old.reason === condition.reason) return;
    const changed = findCondition(setCondition<NodeCondition>(node.status?.conditions, condition, clock.now()), condition.type);
    await client.patch(nodes, { name: nameOf(node) }, { type: 'strategic', value: { status: { conditions: [changed] } } }, { subresource: 'status' });
  };

  forEachPeriod(context, routeReconciliationPeriodMs, informer, async () => {
    const present = await routes.list(clusterName);
    const all = informer.lister.list();
    const plan = planRoutes(all, present, clusterCidrs);
    const removed = Promise.all(plan.remove.map((route) => routes.delete(clusterName, route).catch((error: unknown) => logger.warn('a route could not be deleted', { route: route.name, cidr: route.destinationCidr, error }))));
    if (plan.replaces) await removed;
    const failed = new Set<string>();
    await Promise.all(plan.create.map(async (wanted) => { if (!(await create(wanted))) failed.add(nameOf(wanted.node)); }));
    await removed;
    // A node that has no pod range and no route yet is nothing to speak of: it is new.
    const known = all.filter((node) => podCidrsOf(node).length > 0 || present.some(({ targetNode }) => targetNode === nameOf(node)));
    await Promise.all(known.map((node) => say(node, podCidrsOf(node).length > 0 && !failed.has(nameOf(node))).catch((error: unknown) => logger.warn('the network of a node could not be told', { node: nameOf(node), error }))));
  });
}
