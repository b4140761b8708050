import { nodes } from '../api/resources.ts';
import { nameOf } from '../api/meta/object.ts';
import type { Node } from '../api/types/core/v1.ts';
import type { Clock, Timer } from '../base/clock.ts';
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
const retryMs = 1_000;
/** Routes that somebody else removed come back at the latest after this. */
const fullSyncMs = 5 * 60_000;
/** Interfaces of ours and of others' pods lead to no other node. */
const isPodLink = (name: string): boolean => /^(cox|veth|cni|docker|br-|flannel|cali|lxc)/.test(name);

function networkNode(node: Node): NetworkNode {
  const { spec, status } = node;
  return {
    name: nameOf(node),
    podCidrs: spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]),
    addresses: (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  };
}

/** Keeps the routes from this node to other nodes' pods in step with the cluster's nodes. Stopping it leaves them. */
export async function keepNodeRoutes({ client, nodeName, ip, clock, random, logger: parent }: NodeNetworkOptions): Promise<AsyncDisposable> {
  const logger = parent.named('routes');
  const stop = new AbortController();
  const informer = createInformer(client, nodes, { clock, random, logger });
  const routes = new NodeRoutes({ run: runCommand, ip });
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let dirty = false;
  let applied = '';

  const sync = async (): Promise<void> => {
    dirty = false;
    const all = informer.lister.list().map(networkNode);
    const own = all.find(({ name }) => name === nodeName);
    if (own === undefined || own.podCidrs.length === 0) return;
    const plan = planRoutes(own, all, linkSubnets(isPodLink));
    const text = JSON.stringify({ own, plan });
    if (text === applied) return;
    await routes.apply(own, plan);
    applied = text;
  };
  const schedule = (delayMs: number): void => {
    dirty = true;
    if (timer !== undefined || running !== undefined || stop.signal.aborted) return;
    timer = clock.setTimer(delayMs, () => {
      timer = undefined;
      let wait = gatherMs;
      running = sync().catch((error: unknown) => {
        logger.warn('routes to other nodes are not as they should be', { error });
        dirty = true;
        wait = retryMs;
      }).finally(() => {
        running = undefined;
        if (dirty) schedule(wait);
      });
    }, { unref: true });
  };
  const changed = (): void => schedule(gatherMs);
  informer.addHandler({ add: changed, update: changed, delete: changed });
  informer.start(stop.signal);
  await informer.synced();
  schedule(0);
  let again: Timer;
  const keepTrue = (): void => {
    again = clock.setTimer(fullSyncMs, () => {
      applied = '';
      schedule(0);
      keepTrue();
    }, { unref: true });
  };
  keepTrue();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the node was stopped'));
      timer?.cancel();
      again.cancel();
      await running;
    },
  };
}
