import { keyOf, nameOf, uidOf } from '../../api/meta/object.ts';
import { namespaces } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Namespace, Pod } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import { exponentialFailureLimiter } from '../../client/work-queue/rate-limiter.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import type { ServedResource } from '../common/discovery.ts';
import { discover } from '../common/discovery.ts';
import { messageOf } from '../common/errors.ts';
import { deletionConditions } from './conditions.ts';

const identity = 'namespace-controller';
const finalizer = 'kubernetes';
/** Lets requests end that were admitted just before the namespace began to terminate. */
const deletionDelayMs = 1000;
/** How long to expect that content with finalizers takes to go. */
const finalizerEstimateSeconds = 15;

interface Emptied {
  readonly remaining: Map<string, number>;
  readonly finalizers: Map<string, number>;
  readonly errors: string[];
  readonly discoveryFailures: ReadonlyMap<string, string>;
  /** Seconds until it is worth looking again. */
  estimateSeconds: number;
}

/** Empties namespaces that are being deleted, and lets them go when nothing is left. */
export async function startNamespaceController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const informer = informers.informer(namespaces);
  const queue = new WorkQueue({ clock, rateLimiter: exponentialFailureLimiter(5000, 60_000) });
  const enqueue = (namespace: Namespace): void => {
    if (namespace.metadata.deletionTimestamp !== undefined) queue.addAfter(keyOf(namespace), deletionDelayMs);
  };
  informer.addHandler({ add: enqueue, update: (_old, namespace) => enqueue(namespace) });

  const reconcile = async (name: string): Promise<ReconcileResult> => {
    const cached = informer.lister.get('', name);
    if (cached?.metadata.deletionTimestamp === undefined || !hasFinalizer(cached)) return;
    let namespace: Namespace;
    try {
      namespace = await client.get(namespaces, { name });
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      throw error;
    }
    if (namespace.metadata.deletionTimestamp === undefined || uidOf(namespace) !== uidOf(cached) || !hasFinalizer(namespace)) return;
    if (namespace.status?.phase !== 'Terminating') namespace = await client.update(namespaces, { ...namespace, status: { ...namespace.status, phase: 'Terminating' } }, { subresource: 'status' });

    const emptied = await empty(client, name);
    namespace = await writeConditions(namespace, emptied);
    const failures = [...emptied.errors, ...emptied.discoveryFailures.values()];
    if (failures.length > 0) throw new Error(failures.join(', '));
    if (emptied.remaining.size > 0) return { requeueAfterMs: (Math.floor(emptied.estimateSeconds / 2) + 1) * 1000 };
    await finalize(namespace);
  };

  const writeConditions = async (namespace: Namespace, emptied: Emptied): Promise<Namespace> => {
    const old = namespace.status?.conditions ?? [];
    const conditions = deletionConditions(old, { ...emptied, deletionErrors: emptied.errors }, clock.now());
    if (conditions === old) return namespace;
    return client.update(namespaces, { ...namespace, status: { ...namespace.status, conditions: [...conditions] } }, { subresource: 'status' });
  };

  const finalize = async (namespace: Namespace): Promise<void> => {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((other) => other !== finalizer);
    try {
      await client.update(namespaces, { ...namespace, spec: { ...namespace.spec, finalizers } }, { subresource: 'finalize' });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [informer], queue, workers: 10, reconcile });
}

const hasFinalizer = (namespace: Namespace): boolean => namespace.spec?.finalizers?.includes(finalizer) === true;

/** Deletes what is in the namespace: pods first, and the rest when they are gone, so that pods end with all that they need. */
async function empty(client: Client, namespace: string): Promise<Emptied> {
  const { resources, failures } = await discover(client);
  const deletable = resources.filter(({ namespaced, verbs }) => namespaced && verbs.includes('delete'));
  const emptied: Emptied = { remaining: new Map(), finalizers: new Map(), errors: [], discoveryFailures: failures, estimateSeconds: 0 };
  const isPods = ({ group, resource }: ServedResource): boolean => group === '' && resource === 'pods';
  for (const pods of deletable.filter(isPods)) await emptyResource(client, namespace, pods, emptied);
  if (emptied.remaining.size > 0) return emptied;
  await Promise.all(deletable.filter((resource) => !isPods(resource)).map((resource) => emptyResource(client, namespace, resource, emptied)));
  return emptied;
}

async function emptyResource(client: Client, namespace: string, resource: ServedResource, emptied: Emptied): Promise<void> {
  const { verbs } = resource;
  if (!verbs.includes('list')) return;
  try {
    if ((await client.list(resource, { namespace })).items.length === 0) return;
    if (verbs.includes('deletecollection')) await client.deleteCollection(resource, { namespace }, { propagationPolicy: 'Background' });
    else for (const item of (await client.list(resource, { namespace })).items) await deleteOne(client, namespace, resource, nameOf(item));
    const left = (await client.list(resource, { namespace })).items;
    if (left.length === 0) return;
    emptied.remaining.set(`${resource.resource}.${resource.group}`, left.length);
    for (const item of left) for (const name of item.metadata.finalizers ?? []) emptied.finalizers.set(name, (emptied.finalizers.get(name) ?? 0) + 1);
    const graceSeconds = Math.max(0, ...left.map((item) => item.metadata.deletionGracePeriodSeconds ?? (item as Pod).spec?.terminationGracePeriodSeconds ?? 0));
    const heldUp = left.some((item) => (item.metadata.finalizers ?? []).length > 0);
    emptied.estimateSeconds = Math.max(emptied.estimateSeconds, heldUp ? finalizerEstimateSeconds : graceSeconds);
  } catch (error) {
    // A resource that went away meanwhile (a removed custom resource definition) has no content.
    if (!isReason(error, 'NotFound') && !isReason(error, 'MethodNotAllowed')) emptied.errors.push(messageOf(error));
  }
}

async function deleteOne(client: Client, namespace: string, resource: ServedResource, name: string): Promise<void> {
  try {
    await client.delete(resource, { namespace, name }, { propagationPolicy: 'Background' });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}
