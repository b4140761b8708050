import type { KubeObject } from '../../api/meta/object.ts';
import { uidOf } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { apiVersionOf } from '../../api/resource-type.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import type { APIService } from '../../api/types/apiregistration/v1.ts';
import type { Client } from '../../client/client.ts';
import { runController } from '../../client/controller.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { createInformer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import type { ServedResource } from '../common/discovery.ts';
import { discover } from '../common/discovery.ts';
import { Collector } from './collector.ts';
import { OwnerGraph } from './graph.ts';

const identity = 'generic-garbage-collector';
/** How soon the server is asked for new resources after a definition of them has changed, and how often where nothing tells of changes. */
const resyncMs = 30_000;
const definitionChangedMs = 1000;
/** A resource that cannot be listed, because its conversion fails for instance, holds up the others no longer than this. */
const initialSyncMs = 30_000;
const workers = 20;

/** Events are many, short-lived and own nothing. */
const isIgnored = ({ group, resource }: ServedResource): boolean => resource === 'events' && (group === '' || group === 'events.k8s.io');

/** `stop`: of a custom resource, for when it is gone, or no longer served in this version. What the graph knows of its objects stays: they may live on. */
interface Watched { readonly informer: Informer<KubeObject>; readonly version: string; readonly stop: (() => void) | undefined }

/** What resources come and go with. Nothing else changes what a server serves while it runs. */
const definitions: ReadonlySet<string> = new Set(['apiextensions.k8s.io/customresourcedefinitions', 'apiregistration.k8s.io/apiservices']);
const apiServices = 'apiregistration.k8s.io/apiservices';

/** Deletes what nobody owns any more, and carries out orphaning and foreground deletion. */
export async function startGarbageCollector(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const deletions = new WorkQueue({ clock });
  const orphanings = new WorkQueue({ clock });
  const recorder = recorderFor(context, client, 'garbage-collector-controller');
  const graph = new OwnerGraph({
    attemptToDelete: (node) => deletions.add(node.uid),
    attemptToOrphan: (node) => orphanings.add(node.uid),
    foundInvalidNamespace({ kind, apiVersion, namespace, name, uid }, owner) {
      recorder.event({ kind, apiVersion, name, uid, ...(namespace !== '' && { namespace }) }, 'Warning', 'OwnerRefInvalidNamespace',
        `ownerRef [${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}] does not exist in namespace ${JSON.stringify(namespace)}`);
    },
  });
  const watched = new Map<string, Watched>();
  const kinds = new Map<string, ServedResource>();

  let wake: (() => void) | undefined;
  let dirty = false;
  const changed = (): void => {
    dirty = true;
    wake?.();
  };

  /** What another server serves changes without a word, and what could not be asked for is asked for again. */
  const mustPoll = (): boolean => failing || (watched.get(apiServices)?.informer.lister.list().some((service) => !isBuiltIn(service)) ?? false);
  let failing = false;

  const sync = async (): Promise<void> => {
    failing = true;
    const { resources, failures } = await discover(client);
    failing = failures.size > 0;
    const now = new Set(resources.map(({ group, resource }) => `${group}/${resource}`));
    // What could not be asked for may still be there.
    if (failures.size === 0) for (const [id, { stop }] of watched) if (stop !== undefined && !now.has(id)) stop();
    for (const resource of resources) {
      kinds.set(`${apiVersionOf(resource)} ${resource.kind}`, resource);
      const id = `${resource.group}/${resource.resource}`;
      const collectable = ['delete', 'list', 'watch'].every((verb) => resource.verbs.includes(verb));
      const known = watched.get(id);
      if (!collectable || isIgnored(resource) || (known !== undefined && (known.stop === undefined || known.version === resource.version))) continue;
      known?.stop?.();
      const { group, version, resource: plural, kind, namespaced } = resource;
      const type: ResourceType<KubeObject> = { group, version, resource: plural, kind, namespaced };
      const custom = builtinSchema.resource(group, version, plural) === undefined;
      const { informer, stop } = custom ? ownInformer(context, client, type) : { informer: informers.informer(type), stop: undefined };
      const forget = (): void => {
        stop?.();
        watched.delete(id);
        kinds.delete(`${apiVersionOf(resource)} ${kind}`);
      };
      watched.set(id, { informer, version, stop: custom ? forget : undefined });
      if (definitions.has(id)) {
        informer.addHandler({
          add: (object) => { if (!isBuiltIn(object)) changed(); },
          update: (old, object) => { if (!isBuiltIn(object) && (old.metadata.generation !== object.metadata.generation || isServed(old) !== isServed(object))) changed(); },
          delete: (object) => { if (!isBuiltIn(object)) changed(); },
        });
      }
      informer.addHandler({ add: (object) => graph.observe(object), update: (_old, object) => graph.observe(object), delete: (object) => graph.remove(uidOf(object)) });
    }
  };

  const collector = new Collector({
    client, graph,
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
    await settledWithin(Promise.all([...watched.values()].map(({ informer }) => informer.synced())), context);
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
      const left = graph.get(uid);
      return left?.virtual === true && !collector.isUnreachable(left) ? { requeueAfterMs: 1000 } : undefined;
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
      const { promise, resolve } = Promise.withResolvers<void>();
      const soon = (): unknown => clock.setTimer(definitionChangedMs, resolve, { unref: true });
      const timer = !dirty && mustPoll() ? clock.setTimer(resyncMs, resolve, { unref: true }) : undefined;
      wake = () => {
        wake = undefined;
        timer?.cancel();
        soon();
      };
      if (dirty) wake();
      await promise;
      wake = undefined;
      dirty = false;
      signal.throwIfAborted();
      await sync().catch((error: unknown) => logger.warn('garbage collector: discovery failed', { error }));
    }
  };
  resync().catch((error: unknown) => { if (!signal.aborted) logger.error('garbage collector stopped', { error }); });
}

/** Waits for it, but not for ever. */
async function settledWithin(promise: Promise<unknown>, { clock, logger }: ControllerContext): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimer(initialSyncMs, () => {
    logger.info('garbage collector: not all resources could be listed, proceeding anyway');
    resolve();
  }, { unref: true });
  try {
    await Promise.race([promise, late]);
  } finally {
    timer.cancel();
  }
}

/** A custom resource may go: it is watched by us alone. */
function ownInformer({ clock, random, logger, signal }: ControllerContext, client: Client, type: ResourceType<KubeObject>): { readonly informer: Informer<KubeObject>; readonly stop: () => void } {
  const own = new AbortController();
  const informer = createInformer<KubeObject>(client, type, { clock, random, logger });
  informer.start(AbortSignal.any([signal, own.signal]));
  return { informer, stop: () => own.abort(new Error('the resource is gone')) };
}

/** Is the definition carried out, as far as it says? */
const isServed = (definition: KubeObject): boolean => (definition as CustomResourceDefinition | APIService).status?.conditions?.some(({ type, status }) => (type === 'Established' || type === 'Available') && status === 'True') === true;

/** Does the server serve it by itself, from the start? */
const isBuiltIn = ({ kind, spec }: KubeObject & { readonly spec?: { readonly service?: unknown } }): boolean => kind === 'APIService' && spec?.service === undefined;

/** References may name another version of a kind than the preferred one: any version leads to the same object. */
function otherVersion(kinds: ReadonlyMap<string, ServedResource>, apiVersion: string, kind: string): ServedResource | undefined {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
  for (const resource of kinds.values()) if (resource.group === group && resource.kind === kind) return resource;
  return undefined;
}
