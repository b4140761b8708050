import { keyOf, nameOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { nodes, services } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { LoadBalancerStatus, Node, Service } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import { runController } from '../../client/controller.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { exponentialFailureLimiter } from '../../client/work-queue/rate-limiter.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { CloudContext } from '../context.ts';
import type { LoadBalancer } from '../contract.ts';
import { ImplementedElsewhere, RetryError } from '../contract.ts';
import { cleanupFinalizer, isBalanced, isIncluded, needsCleanup, needsUpdate, wantsLoadBalancer } from './wants.ts';

const identity = 'service-controller';
const [minRetryMs, maxRetryMs] = [5_000, 300_000];
/** More names of nodes than that are not told in an event. */
const maxNodeNames = 20;
const noNodes = 'There are no available nodes for LoadBalancer';

/** Gives Services of type LoadBalancer what the cloud has for them, and takes it away again. */
export async function startServiceController(context: CloudContext): Promise<void> {
  const { cloud: { loadBalancer }, clock, logger, signal, informers, settings } = context;
  if (loadBalancer === undefined) return;
  const client = context.clientFor(identity);
  const serviceInformer = informers.informer(services);
  const nodeInformer = informers.informer(nodes);
  const queue = new WorkQueue({ clock, rateLimiter: exponentialFailureLimiter(minRetryMs, maxRetryMs) });
  const nodeQueue = new WorkQueue({ clock });
  const controller = new ServiceController({ client, loadBalancer, recorder: recorderFor(context, client, identity), serviceInformer, nodeInformer, clusterName: settings.clusterName });

  serviceInformer.addHandler({
    add(service) { if (wantsLoadBalancer(service) || needsCleanup(service)) queue.add(keyOf(service)); },
    // A deletion is seen when its time stamp is set, unless somebody took the finalizer away.
    update(old, service) { if (needsUpdate(old, service) || needsCleanup(service)) queue.add(keyOf(service)); },
    delete(service) { if (controller.knows(keyOf(service))) queue.add(keyOf(service)); },
  });
  const nodesChanged = (): void => nodeQueue.add('nodes');
  nodeInformer.addHandler({
    add: nodesChanged,
    update(old, node) { if (isIncluded(old) !== isIncluded(node) || old.spec?.providerID !== node.spec?.providerID) nodesChanged(); },
    delete: nodesChanged,
  });
  const synced = [serviceInformer, nodeInformer];
  runController({ name: identity, clock, logger, signal, informers: synced, queue, workers: settings.concurrentServiceSyncs, reconcile: (key) => controller.reconcile(key) });
  runController({
    name: `${identity}-nodes`, clock, logger, signal, informers: synced, queue: nodeQueue, workers: 1,
    reconcile: async () => { for (const key of await controller.syncNodes()) queue.add(key); },
  });
}

interface Parts {
  readonly client: Client;
  readonly loadBalancer: LoadBalancer;
  readonly recorder: EventRecorder;
  readonly serviceInformer: Informer<Service>;
  readonly nodeInformer: Informer<Node>;
  readonly clusterName: string;
}

/** A Service as it was when its load balancer was last made, and to which nodes that led. */
interface Known { service: Service; nodes: readonly Node[] }

class ServiceController {
  readonly #parts: Parts;
  readonly #known = new Map<string, Known>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  knows(key: string): boolean {
    return this.#known.has(key);
  }

  async reconcile(key: string): Promise<ReconcileResult> {
    const { namespace, name } = splitKey(key);
    const service = this.#parts.serviceInformer.lister.get(namespace, name);
    const known = this.#known.get(key);
    if (service === undefined || (known !== undefined && known.service.metadata.uid !== service.metadata.uid)) {
      if (known !== undefined) await this.#delete(known.service);
      this.#known.delete(key);
    }
    if (service === undefined) return;
    this.#known.set(key, { service, nodes: known?.nodes ?? [] });
    try {
      const ends = !wantsLoadBalancer(service) || needsCleanup(service);
      const status = ends ? await this.#cleanUp(service) : await this.#ensure(service, key);
      if (status !== undefined) await this.#writeStatus(service, status);
      if (ends) this.#known.delete(key);
    } catch (error) {
      this.#parts.recorder.event(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: ${(error as Error).message}`);
      const cause = (error as Error).cause ?? error;
      if (cause instanceof RetryError) return { requeueAfterMs: cause.retryAfterMs };
      throw error;
    }
  }

  /** Leads every load balancer to the nodes that there are now. Resolves with the keys of those where that failed. */
  async syncNodes(): Promise<readonly string[]> {
    const failed: string[] = [];
    for (const [key, known] of this.#known) {
      const current = this.#balancedNodes();
      if (!wantsLoadBalancer(known.service) || sameNodes(known.nodes, current)) continue;
      known.nodes = current;
      if (!(await this.#updateHosts(known.service, current))) failed.push(key);
    }
    return failed;
  }

  #balancedNodes(): readonly Node[] {
    return this.#parts.nodeInformer.lister.list().filter(isBalanced);
  }

  async #ensure(service: Service, key: string): Promise<LoadBalancerStatus | undefined> {
    const { recorder, loadBalancer, clusterName } = this.#parts;
    recorder.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
    // Before anything is made, so that nothing can be left behind.
    await step('add load balancer cleanup finalizer', () => this.#patch(service, { metadata: { finalizers: [cleanupFinalizer] } }, service.metadata.finalizers?.includes(cleanupFinalizer) === true));
    const current = this.#balancedNodes();
    if (current.length === 0) recorder.event(service, 'Warning', 'UnAvailableLoadBalancer', noNodes);
    this.#known.set(key, { service, nodes: current });
    try {
      const status = await step('ensure load balancer', () => loadBalancer.ensure(clusterName, service, current));
      recorder.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
      return status;
    } catch (error) {
      if ((error as Error).cause instanceof ImplementedElsewhere) return undefined;
      throw error;
    }
  }

  async #cleanUp(service: Service): Promise<LoadBalancerStatus> {
    const { recorder, loadBalancer, clusterName } = this.#parts;
    const balancer = await step('check if load balancer exists before cleanup', () => loadBalancer.get(clusterName, service));
    if (balancer !== undefined) {
      recorder.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
      await step('delete load balancer', () => loadBalancer.ensureDeleted(clusterName, service).catch((error: unknown) => {
        if (!(error instanceof ImplementedElsewhere)) throw error;
      }));
    }
    await step('remove load balancer cleanup finalizer', () => this.#patch(service, { metadata: { '$deleteFromPrimitiveList/finalizers': [cleanupFinalizer] } }, service.metadata.finalizers?.includes(cleanupFinalizer) !== true));
    recorder.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
    return {};
  }

  /** Of a Service that went without its finalizer. */
  async #delete(service: Service): Promise<void> {
    const { recorder, loadBalancer, clusterName } = this.#parts;
    if (!wantsLoadBalancer(service)) return;
    recorder.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
    try {
      await loadBalancer.ensureDeleted(clusterName, service);
    } catch (error) {
      recorder.event(service, 'Warning', 'DeleteLoadBalancerFailed', `Error deleting load balancer: ${(error as Error).message}`);
      throw error;
    }
    recorder.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
  }

  async #updateHosts(service: Service, hosts: readonly Node[]): Promise<boolean> {
    const { recorder, loadBalancer, clusterName } = this.#parts;
    try {
      await loadBalancer.update(clusterName, service, hosts);
      if (hosts.length === 0) recorder.event(service, 'Warning', 'UnAvailableLoadBalancer', noNodes);
      else recorder.event(service, 'Normal', 'UpdatedLoadBalancer', 'Updated load balancer with new hosts');
      return true;
    } catch (error) {
      if (error instanceof ImplementedElsewhere) return true;
      // One that is gone need not be led anywhere.
      const exists = await loadBalancer.get(clusterName, service).catch(() => ({}));
      if (exists === undefined) return true;
      recorder.event(service, 'Warning', 'UpdateLoadBalancerFailed', `Error updating load balancer with new hosts [${nodeNames(hosts).join(' ')}] [node names limited, total number of nodes: ${hosts.length}], error: ${(error as Error).message}`);
      return false;
    }
  }

  async #writeStatus(service: Service, status: LoadBalancerStatus): Promise<void> {
    const same = semanticEqual(service.status?.loadBalancer?.ingress ?? [], status.ingress ?? []);
    await step('update load balancer status', () => this.#patch(service, { status: { loadBalancer: { ingress: status.ingress ?? null } } }, same).catch((error: unknown) => {
      // It often goes as soon as its finalizer does.
      if (!isReason(error, 'NotFound')) throw error;
    }));
  }

  async #patch(service: Service, value: unknown, isDone: boolean): Promise<void> {
    if (!isDone) await this.#parts.client.patch(services, { namespace: namespaceOf(service), name: nameOf(service) }, { type: 'strategic', value }, { subresource: 'status' });
  }
}

/** What fails says what was to be done; the error itself is its cause. */
async function step<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new Error(`failed to ${what}: ${(error as Error).message}`, { cause: error });
  }
}

const nodeNames = (nodes: readonly Node[]): string[] => [...nodes.slice(0, maxNodeNames).map(nameOf).sort(), ...(nodes.length > maxNodeNames ? [`<${nodes.length - maxNodeNames} more>`] : [])];

function sameNodes(a: readonly Node[], b: readonly Node[]): boolean {
  const essence = (nodes: readonly Node[]): string => JSON.stringify(nodes.map((node) => [nameOf(node), node.spec?.providerID ?? '']).sort(([x = ''], [y = '']) => (x < y ? -1 : 1)));
  return a.length === b.length && essence(a) === essence(b);
}
