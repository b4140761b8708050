import { joinKey, nameOf, namespaceOf } from '../../../../api/meta/object.ts';
import { endpointslices, nodes, services } from '../../../../api/resources.ts';
import type { Node } from '../../../../api/types/core/v1.ts';
import type { Clock } from '../../../../base/clock.ts';
import { KeptInStep } from '../../../../base/kept-in-step.ts';
import type { Logger } from '../../../../base/logger.ts';
import type { Random } from '../../../../base/random.ts';
import type { Client } from '../../../../client/client.ts';
import { createSharedInformers } from '../../../../client/informer/shared-informers.ts';
import type { Announcer } from './announcer.ts';
import { announcedBy, announcesAnnotation } from './election.ts';

export interface SpeakerOptions {
  /** Acts as the node: may list nodes, Services and EndpointSlices, and annotate its own node. */
  readonly client: Client;
  readonly nodeName: string;
  readonly announcer: Pick<Announcer, 'apply'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const gatherMs = 50;
/** What somebody else took away comes back at the latest after this. */
const fullSyncMs = 60_000;

/** Announces from one node the addresses of the Services for which that is elected. Stopping it leaves them announced, as rules stay. */
export async function startSpeaker({ client, nodeName, announcer, clock, random, logger: parent }: SpeakerOptions): Promise<AsyncDisposable> {
  const logger = parent.named('load-balancers');
  const stop = new AbortController();
  const informers = createSharedInformers(client, { clock, random, logger, signal: stop.signal });
  const nodeInformer = informers.informer(nodes);
  const serviceInformer = informers.informer(services);
  const sliceInformer = informers.informer(endpointslices);
  sliceInformer.addIndex('service', (slice) => [joinKey(namespaceOf(slice), slice.metadata.labels?.['kubernetes.io/service-name'] ?? '')]);
  const say = async (node: Node | undefined): Promise<void> => {
    if (node === undefined || node.metadata.annotations?.[announcesAnnotation] === 'true') return;
    await client.patch(nodes, { name: nodeName }, { type: 'merge', value: { metadata: { annotations: { [announcesAnnotation]: 'true' } } } });
  };
  let applied: string | undefined;
  const kept = new KeptInStep({
    clock, gatherMs, fullSyncMs,
    sync: async () => {
      const own = nodeInformer.lister.get('', nodeName);
      const wanted = announcedBy(nodeName, { services: serviceInformer.lister.list(), nodes: nodeInformer.lister.list(), slicesOf: (key) => sliceInformer.lister.byIndex('service', key) });
      const text = wanted.join(' ');
      if (text !== applied) {
        await announcer.apply(wanted, (own?.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address));
        applied = text;
      }
      // A node that has come back without its mark gets it again.
      await say(own);
    },
    invalidate: () => { applied = undefined; },
    failed: (error) => logger.warn('addresses of load balancers are not announced as they should be', { error }),
  });
  const changed = (): void => kept.changed();
  // Heartbeats change nothing of this.
  const essence = (node: Node): string => JSON.stringify([nameOf(node), node.metadata.annotations?.[announcesAnnotation], node.metadata.labels, node.metadata.deletionTimestamp, node.spec?.taints, node.status?.addresses, (node.status?.conditions ?? []).map(({ type, status }) => [type, status])]);
  nodeInformer.addHandler({ add: changed, update(old, node) { if (essence(old) !== essence(node)) changed(); }, delete: changed });
  for (const informer of [serviceInformer, sliceInformer]) informer.addHandler({ add: changed, update: changed, delete: changed });
  await informers.synced();
  await kept.start();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the node was stopped'));
      await kept[Symbol.asyncDispose]();
    },
  };
}
