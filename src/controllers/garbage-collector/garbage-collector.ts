import type { KubeObject } from '../../api/meta/object.ts';
import { uidOf } from '../../api/meta/object.ts';
import { apiVersionOf } from '../../api/resource-type.ts';
import { runController } from '../../client/controller.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { recorderFor } from '../common/context.ts';
import type { ServedResource } from '../common/discovery.ts';
import { discover } from '../common/discovery.ts';
import { Collector } from './collector.ts';
import { OwnerGraph } from './graph.ts';

const identity = 'generic-garbage-collector';
/** How often the server is asked for new resources (custom ones). */
const resyncMs = 30_000;
const workers = 20;

/** Events are many, short-lived and own nothing. */
const isIgnored = ({ group, resource }: ServedResource): boolean => resource === 'events' && (group === '' || group === 'events.k8s.io');

/** Deletes what nobody owns any more, and carries out orphaning and foreground deletion. */
export async function startGarbageCollector(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const deletions = new WorkQueue({ clock });
  const orphanings = new WorkQueue({ clock });
  const graph = new OwnerGraph({ attemptToDelete: (node) => deletions.add(node.uid), attemptToOrphan: (node) => orphanings.add(node.uid) });
  const watched = new Map<string, Informer<KubeObject>>();
  const kinds = new Map<string, ServedResource>();

  const sync = async (): Promise<void> => {
    const { resources } = await discover(client);
    for (const resource of resources) {
      kinds.set(`${apiVersionOf(resource)} ${resource.kind}`, resource);
      const id = `${resource.group}/${resource.resource}`;
      const collectable = ['delete', 'list', 'watch'].every((verb) => resource.verbs.includes(verb));
      if (!collectable || isIgnored(resource) || watched.has(id)) continue;
      const { group, version, resource: plural, kind, namespaced } = resource;
      const informer = informers.informer<KubeObject>({ group, version, resource: plural, kind, namespaced });
      watched.set(id, informer);
      informer.addHandler({ add: (object) => graph.observe(object), update: (_old, object) => graph.observe(object), delete: (object) => graph.remove(uidOf(object)) });
    }
  };

  const collector = new Collector({
    client, recorder: recorderFor(context, client, 'garbage-collector-controller'), graph,
    resourceOf: (apiVersion, kind) => kinds.get(`${apiVersion} ${kind}`) ?? otherVersion(kinds, apiVersion, kind),
    enqueue: (node) => deletions.add(node.uid),
  });
  const synced = (async (): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      try {
        await sync();
        break;
      } catch (error) {
        logger.warn('garbage collector: discovery failed', { error });
        await clock.sleep(1000, signal);
      }
    }
    await Promise.all([...watched.values()].map((informer) => informer.synced()));
  })();
  synced.catch(() => {});

  const options = { clock, logger, signal, informers: [{ synced: () => synced }], workers };
  runController({
    ...options, name: identity, queue: deletions,
    async reconcile(uid) {
      const node = graph.get(uid);
      if (node === undefined) return undefined;
      await collector.attemptToDelete(node);
      // A virtual node that exists after all is seen soon; if it is not, it is asked for again.
      return graph.get(uid)?.virtual === true ? { requeueAfterMs: 1000 } : undefined;
    },
  });
  runController({
    ...options, name: `${identity}/orphan`, queue: orphanings,
    async reconcile(uid) {
      const node = graph.get(uid);
      if (node !== undefined) await collector.attemptToOrphan(node);
    },
  });

  const resync = async (): Promise<void> => {
    await synced;
    for (;;) {
      await clock.sleep(resyncMs, signal);
      await sync().catch((error: unknown) => logger.warn('garbage collector: discovery failed', { error }));
    }
  };
  resync().catch((error: unknown) => { if (!signal.aborted) logger.error('garbage collector stopped', { error }); });
}

/** References may name another version of a kind than the preferred one: any version leads to the same object. */
function otherVersion(kinds: ReadonlyMap<string, ServedResource>, apiVersion: string, kind: string): ServedResource | undefined {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
  for (const resource of kinds.values()) if (resource.group === group && resource.kind === kind) return resource;
  return undefined;
}
