import { selectorFromLabels } from '../../api/meta/labels.ts';
import { joinKey, keyOf, nameOf, namespaceOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { endpointslices, nodes, pods, services } from '../../api/resources.ts';
import { ApiError } from '../../api/status.ts';
import type { Service } from '../../api/types/core/v1.ts';
import type { EndpointSlice } from '../../api/types/discovery/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { ignoreNotFound, isNamespaceTerminating } from '../common/errors.ts';
import { hasSelector, lastChangeTriggerTimeAnnotation, watchPodsForServices } from '../common/service-endpoints.ts';
import { TriggerTimes } from '../common/trigger-time.ts';
import type { PortGroup } from './desired.ts';
import { desiredGroups, managedBy, managedByLabel, serviceNameLabel } from './desired.ts';
import { EndpointSliceMetrics } from './endpoint-slice-metrics.ts';
import { planSlices } from './plan.ts';
import { hintZones, topologyOf, wantsTopology, zoneShares } from './topology.ts';
import { WrittenSlices } from './written-slices.ts';

const identity = 'endpointslice-controller';
const maxEndpointsPerSlice = 100;
/** How long to wait for the cache to show our own last writes before looking again. */
const staleCacheRetryMs = 1000;

/** Keeps the EndpointSlices of each service that has a selector. */
export async function startEndpointSliceController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, identity);
  const serviceInformer = informers.informer(services);
  const podInformer = informers.informer(pods);
  const nodeInformer = informers.informer(nodes);
  const sliceInformer = informers.informer(endpointslices);
  const queue = new WorkQueue({ clock });
  const triggerTimes = new TriggerTimes();
  const written = new WrittenSlices(clock);
  const metrics = new EndpointSliceMetrics(maxEndpointsPerSlice);
  context.scraped(metrics.families);

  const serviceKey = (slice: EndpointSlice): string | undefined => {
    const name = slice.metadata.labels?.[serviceNameLabel];
    return name === undefined || slice.metadata.labels?.[managedByLabel] !== managedBy ? undefined : joinKey(namespaceOf(slice), name);
  };
  sliceInformer.addIndex('service', (slice) => { const key = serviceKey(slice); return key === undefined ? [] : [key]; });
  const enqueueFor = (slice: EndpointSlice): void => {
    const key = serviceKey(slice);
    if (key !== undefined) queue.add(key);
  };

  serviceInformer.addHandler({
    add: (service) => queue.add(keyOf(service)),
    update: (_old, service) => queue.add(keyOf(service)),
    delete: (service) => queue.add(keyOf(service)),
  });
  watchPodsForServices(podInformer, serviceInformer, (key) => queue.add(key));
  sliceInformer.addHandler({
    add: enqueueFor,
    update: (old, slice) => {
      enqueueFor(slice);
      if (serviceKey(old) !== serviceKey(slice)) enqueueFor(old);
    },
    delete: (slice) => {
      written.deleted(uidOf(slice));
      enqueueFor(slice);
    },
  });
  // Topology-aware routing, by service key: the families that have hints.
  const hinted = new Map<string, Set<string>>();
  const hint = (service: Service, groups: ReadonlyMap<string, PortGroup>): void => {
    const key = keyOf(service);
    const families = hinted.get(key) ?? new Set();
    const say = (type: 'Normal' | 'Warning', state: string, why: string, family: string): void => recorder.event(service, type, `TopologyAwareHints${state}`, `${why}, addressType: ${family}`);
    if (!wantsTopology(service)) {
      for (const family of families) say('Warning', 'Disabled', 'Topology Aware Hints has been disabled', family);
      hinted.delete(key);
      return;
    }
    hinted.set(key, families);
    const shares = zoneShares(nodeInformer.lister.list());
    for (const [family, ofFamily] of Map.groupBy(groups.values(), (group) => group.family)) {
      const obstacle = hintZones(ofFamily, shares);
      if (obstacle !== undefined) say('Warning', 'Disabled', obstacle, family);
      else if (!families.has(family)) say('Normal', 'Enabled', 'Topology Aware Hints has been enabled', family);
      if (obstacle === undefined) families.add(family);
      else families.delete(family);
    }
  };
  const enqueueTopology = (): void => { for (const service of serviceInformer.lister.list()) if (wantsTopology(service)) queue.add(keyOf(service)); };
  // Endpoints carry their node's zone.
  const zone = (labels: Readonly<Record<string, string>> | undefined): string | undefined => labels?.['topology.kubernetes.io/zone'];
  const enqueueAll = (): void => { for (const service of serviceInformer.lister.list()) queue.add(keyOf(service)); };
  nodeInformer.addHandler({
    add: (node) => { if (zone(node.metadata.labels) !== undefined) enqueueAll(); },
    update: (old, node) => {
      if (zone(old.metadata.labels) !== zone(node.metadata.labels)) enqueueAll();
      else if (topologyOf(old) !== topologyOf(node)) enqueueTopology();
    },
    delete: enqueueTopology,
  });

  const sync = async (key: string): Promise<ReconcileResult> => {
    const { namespace, name } = splitKey(key);
    const service = serviceInformer.lister.get(namespace, name);
    if (service === undefined) {
      triggerTimes.forget(key);
      written.forget(key);
      metrics.forget(key);
      hinted.delete(key);
      return;
    }
    if (!hasSelector(service) || service.metadata.deletionTimestamp !== undefined) return;
    const existing = sliceInformer.lister.byIndex('service', key).filter((slice) => slice.metadata.deletionTimestamp === undefined);
    // Planning on a cache that lacks our own writes would make slices twice.
    if (written.isStale(key, existing)) return { requeueAfterMs: staleCacheRetryMs };
    const selected = podInformer.lister.list(namespace).filter((pod) => selectorFromLabels(service.spec?.selector).matches(pod.metadata.labels));
    const groups = desiredGroups(service, selected, (node) => nodeInformer.lister.get('', node));
    hint(service, groups);
    const triggerMs = triggerTimes.compute(key, service, selected);
    const plan = planSlices(service, existing, groups, maxEndpointsPerSlice);
    metrics.planned(key, service, { existing, groups, plan });
    try {
      for (const slice of plan.create) {
        written.wrote(key, await client.create(endpointslices, stamped(slice, triggerMs)));
        metrics.wrote('create');
      }
      for (const slice of plan.update) {
        written.wrote(key, await client.update(endpointslices, stamped(slice, triggerMs)));
        metrics.wrote('update');
      }
      for (const slice of plan.remove) {
        written.expectDeletion(key, slice);
        await client.delete(endpointslices, { namespace, name: nameOf(slice) }).catch((error: unknown) => {
          written.deleted(uidOf(slice));
          ignoreNotFound(error);
        });
        metrics.wrote('delete');
      }
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (error instanceof ApiError && error.reason !== 'Conflict') recorder.event(service, 'Warning', 'FailedToUpdateEndpointSlices', `Error updating Endpoint Slices for Service ${key}: ${error.message}`);
      throw error;
    }
    metrics.changed(service, plan);
  };
  const reconcile = async (key: string): Promise<ReconcileResult> => {
    try {
      const result = await sync(key);
      metrics.synced(result === undefined ? 'success' : 'stale');
      return result;
    } catch (error) {
      metrics.synced('error');
      throw error;
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [serviceInformer, podInformer, nodeInformer, sliceInformer], queue, reconcile });
}

/** The slice with the time of the change in its annotation, or without one where no time is known. */
function stamped(slice: EndpointSlice, triggerMs: number | undefined): EndpointSlice {
  const { annotations, ...metadata } = slice.metadata;
  const { [lastChangeTriggerTimeAnnotation]: _old, ...kept } = annotations ?? {};
  const next = { ...kept, ...(triggerMs !== undefined && { [lastChangeTriggerTimeAnnotation]: formatTime(triggerMs) }) };
  return { ...slice, metadata: { ...metadata, ...(Object.keys(next).length > 0 && { annotations: next }) } };
}
