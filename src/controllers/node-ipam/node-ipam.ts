import { keyOf, nameOf } from '../../api/meta/object.ts';
import { podCidrsOf } from '../../api/node/pod-cidrs.ts';
import { nodes } from '../../api/resources.ts';
import type { Node } from '../../api/types/core/v1.ts';
import { runController } from '../../client/controller.ts';
import { runningControllersOf } from '../../client/running-controllers.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { ignoreNotFound } from '../common/errors.ts';
import { CidrSet } from './cidr-set.ts';

const identity = 'node-controller';
const component = 'cidrAllocator';

/** Gives each node a range of pod addresses out of the cluster's, one for each family. Does nothing without a cluster range. */
export async function startNodeIpamController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers, settings } = context;
  if (settings.clusterCidrs.length === 0) return;
  runningControllersOf(clock).started('nodeipam', 'kube-controller-manager', signal);
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, component);
  const sets = settings.clusterCidrs.map((cidr) => new CidrSet(cidr, { ipv4: settings.nodeCidrMaskSizeIpv4, ipv6: settings.nodeCidrMaskSizeIpv6 }));
  const informer = informers.informer(nodes);
  const queue = new WorkQueue({ clock });
  /** Given out and perhaps not yet in the cache, by node. */
  const given = new Map<string, readonly string[]>();

  const occupy = (node: Node): void => {
    const cidrs = podCidrsOf(node);
    if (cidrs.length === 0) return;
    given.set(nameOf(node), cidrs);
    cidrs.forEach((cidr) => {
      if (!sets.some((set) => set.occupy(cidr))) logger.warn('pod range of node is not of the cluster range', { node: nameOf(node), cidr });
    });
  };
  // What nodes have is taken before anything is given: reconciling starts when the informer has synced.
  informer.addHandler({
    add: (node) => { occupy(node); queue.add(keyOf(node)); },
    update: (_old, node) => { if (podCidrsOf(node).length === 0) queue.add(keyOf(node)); else occupy(node); },
    delete: (node) => {
      for (const cidr of given.get(nameOf(node)) ?? podCidrsOf(node)) for (const set of sets) set.release(cidr);
      given.delete(nameOf(node));
    },
  });

  runController({
    name: 'node-ipam-controller', clock, logger, signal, informers: [informer], queue, workers: 1,
    async reconcile(name) {
      const node = informer.lister.get('', name);
      if (node === undefined || podCidrsOf(node).length > 0) return;
      let cidrs = given.get(name);
      if (cidrs === undefined) {
        const allocated = sets.map((set) => set.allocate());
        if (allocated.includes(undefined)) {
          allocated.forEach((cidr, index) => { if (cidr !== undefined) sets[index]!.release(cidr); });
          recorder.event({ kind: 'Node', apiVersion: 'v1', name, uid: node.metadata.uid ?? name, namespace: '' }, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
          throw new Error('failed to allocate cidr from cluster cidr: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range');
        }
        cidrs = allocated as string[];
        given.set(name, cidrs);
      }
      await client.patch(nodes, { name }, { type: 'strategic', value: { spec: { podCIDR: cidrs[0], podCIDRs: cidrs } } }).catch(ignoreNotFound);
    },
  });
}
