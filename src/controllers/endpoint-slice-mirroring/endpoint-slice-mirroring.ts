import { joinKey, keyOf, nameOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { endpoints as endpointsType, endpointslices, services } from '../../api/resources.ts';
import type { Endpoints, Service } from '../../api/types/core/v1.ts';
import type { EndpointSlice } from '../../api/types/discovery/v1.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { ignoreNotFound, isNamespaceTerminating } from '../common/errors.ts';
import { WrittenVersions } from '../common/written-versions.ts';
import { managedBy, managedByLabel, maxAddressesPerSubset, planMirror, serviceNameLabel } from './mirror.ts';

const identity = 'endpointslicemirroring-controller';
const component = 'endpoint-slice-mirroring-controller';
const indexName = 'mirrored';
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
/** Until the informer has seen what was written, Endpoints are looked at again this often. */
const behindMs = 5;

const isMirrored = ({ metadata }: Endpoints): boolean => metadata.labels?.[skipLabel] !== 'true' && metadata.annotations?.[leaderAnnotation] === undefined;
const isOurs = ({ metadata }: EndpointSlice): boolean => metadata.labels?.[managedByLabel] === managedBy;
const endpointsKey = (slice: EndpointSlice): string | undefined => {
  const name = slice.metadata.labels?.[serviceNameLabel];
  return name === undefined || name === '' ? undefined : joinKey(namespaceOf(slice), name);
};

/** Keeps slices for Endpoints that somebody wrote by hand, of services without a selector. */
export async function startEndpointSliceMirroringController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, component);
  const endpoints = informers.informer(endpointsType);
  const slices = informers.informer(endpointslices);
  const serviceInformer = informers.informer(services);
  const queue = new WorkQueue({ clock });
  const written = new WrittenVersions();
  slices.addIndex(indexName, (slice) => (isOurs(slice) ? [endpointsKey(slice) ?? ''] : []));

  const enqueueFor = (slice: EndpointSlice): void => {
    const key = endpointsKey(slice);
    if (key !== undefined) queue.add(key);
  };
  const enqueueService = (service: Service): void => { if (service.spec?.selector === undefined) queue.add(keyOf(service)); };
  serviceInformer.addHandler({
    add: enqueueService,
    update: (old, service) => { if ((old.spec?.selector === undefined) !== (service.spec?.selector === undefined)) queue.add(keyOf(service)); },
    delete: enqueueService,
  });
  endpoints.addHandler({
    add: (one) => { if (isMirrored(one)) queue.add(keyOf(one)); },
    update: (old, one) => { if (isMirrored(old) || isMirrored(one)) queue.add(keyOf(one)); },
    delete: (one) => { if (isMirrored(one)) queue.add(keyOf(one)); },
  });
  slices.addHandler({
    add: (slice) => { if (isOurs(slice)) enqueueFor(slice); },
    update: (old, slice) => {
      if (isOurs(old) || isOurs(slice)) enqueueFor(slice);
      if (endpointsKey(old) !== endpointsKey(slice)) enqueueFor(old);
    },
    delete: (slice) => { if (isOurs(slice)) enqueueFor(slice); },
  });

  const remove = async (slice: EndpointSlice): Promise<void> => {
    await client.delete(endpointslices, { namespace: namespaceOf(slice), name: nameOf(slice) }).catch(ignoreNotFound);
  };
  const reconcile = async (key: string): Promise<ReconcileResult> => {
    const { namespace, name } = splitKey(key);
    const existing = slices.lister.byIndex(indexName, key);
    const source = endpoints.lister.get(namespace, name);
    const service = serviceInformer.lister.get(namespace, name);
    if (source === undefined || !isMirrored(source) || service === undefined || service.spec?.selector !== undefined) {
      written.forget(key);
      for (const slice of existing) await remove(slice);
      return;
    }
    if (written.isBehind(key)) return { requeueAfterMs: behindMs };
    const plan = planMirror(source, existing);
    if (plan.invalidAddresses > 0) recorder.event(source, 'Warning', 'InvalidIPAddress', `Skipped ${plan.invalidAddresses} invalid IP addresses when mirroring to EndpointSlices`);
    if (plan.skippedAddresses > plan.invalidAddresses) recorder.event(source, 'Warning', 'TooManyAddressesToMirror', `A max of ${maxAddressesPerSubset} addresses can be mirrored to EndpointSlices per Endpoints subset. ${plan.skippedAddresses} addresses were skipped`);
    try {
      if (source.metadata.deletionTimestamp === undefined) for (const slice of plan.create) written.wrote(key, slices, await client.create(endpointslices, slice));
      for (const slice of plan.update) written.wrote(key, slices, await client.update(endpointslices, slice));
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      throw error;
    }
    for (const slice of plan.remove) await remove(slice);
  };
  runController({ name: identity, clock, logger, signal, informers: [endpoints, slices, serviceInformer], queue, reconcile });
}
