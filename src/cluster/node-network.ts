import { nodes } from '../api/resources.ts';
import { nameOf } from '../api/meta/object.ts';
import { podCidrsOf } from '../api/node/pod-cidrs.ts';
import type { Node } from '../api/types/core/v1.ts';
import type { Clock } from '../base/clock.ts';
import { KeptInStep } from '../base/kept-in-step.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { createInformer } from '../client/informer/informer.ts';
import { linkSubnets } from '../network/links.ts';
import { NodeRoutes } from '../network/routes/node-routes.ts';
import type { NetworkNode } from '../network/routes/plan.ts';
import { planRoutes } from '../network/routes/plan.ts';
import { runCommand } from '../host/run-command.ts';

export interface NodeNetworkOptions {
  readonly client: Client;
  readonly nodeName: string;
  readonly ip: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Nodes that come together are dealt with together. */
const gatherMs = 50;
/** Routes that somebody else removed come back at the latest after this. */
const fullSyncMs = 5 * 60_000;
/** Interfaces of ours and of others' pods lead to no other node. */
const isPodLink = (name: string): boolean => /^(cox|veth|cni|docker|br-|flannel|cali|lxc)/.test(name);

function networkNode(node: Node): NetworkNode {
  const { status } = node;
  return {
    name: nameOf(node),
    podCidrs: podCidrsOf(node),
    addresses: (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  };
}

/** Keeps the routes from this node to other nodes' pods in step with the cluster's nodes. Stopping it leaves them. */
export async function keepNodeRoutes({ client, nodeName, ip, clock, random, logger: parent }: NodeNetworkOptions): Promise<AsyncDisposable> {
  const logger = parent.named('routes');
  const stop = new AbortController();
  const informer = createInformer(client, nodes, { clock, random, logger });
  const routes = new NodeRoutes({ run: runCommand, ip });
  let applied = '';

  const sync = async (): Promise<void> => {
    const all = informer.lister.list().map(networkNode);
    const own = all.find(({ name }) => name === nodeName);
    if (own === undefined || own.podCidrs.length === 0) return;
    const plan = planRoutes(own, all, linkSubnets(isPodLink));
    const text = JSON.stringify({ own, plan });
    if (text === applied) return;
    await routes.apply(own, plan);
    applied = text;
  };
  const kept = new KeptInStep({ clock, gatherMs, fullSyncMs, sync, invalidate: () => { applied = ''; }, failed: (error) => logger.warn('routes to other nodes are not as they should be', { error }) });
  const changed = (): void => kept.changed();
  informer.addHandler({ add: changed, update: changed, delete: changed });
  informer.start(stop.signal);
  await informer.synced();
  void kept.start();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the node was stopped'));
      await kept[Symbol.asyncDispose]();
    },
  };
}
