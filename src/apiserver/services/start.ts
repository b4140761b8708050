import { keyOf, nameOf } from '../../api/meta/object.ts';
import { ipaddresses, servicecidrs, services } from '../../api/resources.ts';
import type { IPAddress } from '../../api/types/networking/v1.ts';
import type { LocalEndpoint } from '../../client/transports/local-endpoint.ts';
import { createLocalClient } from '../../client/transports/local.ts';
import { runController } from '../../client/controller.ts';
import { createEventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { ownContext, serverManager } from '../bootstrap/own-objects.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Core } from '../core.ts';
import { DefaultServiceCidr } from './default-service-cidr.ts';
import { IpAddresses, parentOf } from './ip-addresses.ts';
import { AddressRepair } from './repair.ts';
import { ServiceCidrs, defaultCidrName } from './service-cidrs.ts';

/** Services without their objects are looked for so often, as upstream does. */
const repairIntervalMs = 3 * 60_000;

export interface ServiceNetworkParts {
  readonly core: Core;
  readonly reader: ObjectReader;
  readonly local: LocalEndpoint;
  readonly serviceCidr: string | undefined;
  /** A write under way has this cluster IP. */
  readonly isHeld: (ip: string) => boolean;
}

/**
 * Starts what keeps the default ServiceCIDR and the addresses of Services right. Resolves when the default ServiceCIDR
 * stands and every Service that was there has its IPAddress objects; returns how to stop.
 */
export async function startServiceNetwork(parts: ServiceNetworkParts): Promise<() => void> {
  const { core, reader, local, serviceCidr, isHeld } = parts;
  if (!reader.has(ipaddresses) || !reader.has(servicecidrs)) return () => {};
  const { clock, random, logger } = core;
  const stop = new AbortController();
  const client = createLocalClient(local, { user: ownContext.user, userAgent: serverManager, clock });
  const recorderOf = (component: string): EventRecorder => createEventRecorder(client, { component, clock, random, logger: logger.named(component), signal: stop.signal });

  const defaultCidr = new DefaultServiceCidr({ core, reader, serviceCidr, recorder: recorderOf('kubernetes-service-cidr-controller') });
  await defaultCidr.sync();
  const undo = [reader.onChange(servicecidrs, ({ object, previous }) => {
    if (((object ?? previous)?.metadata.name ?? '') !== defaultCidrName || stop.signal.aborted) return;
    defaultCidr.sync().catch((error: unknown) => logger.warn('the default ServiceCIDR could not be kept', { error }));
  })];

  const component = 'ipallocator-repair-controller';
  const addresses = new IpAddresses(reader, () => core);
  const repair = new AddressRepair({ reader, addresses, cidrs: new ServiceCidrs(reader, serviceCidr), isHeld, clock, recorder: recorderOf(component) });
  for (const service of reader.list(services)) await repair.syncService(keyOf(service));
  const serviceQueue = new WorkQueue({ clock });
  const addressQueue = new WorkQueue({ clock });
  for (const address of reader.list(ipaddresses)) addressQueue.add(nameOf(address));
  undo.push(reader.onChange(services, ({ object }) => {
    if (object !== undefined) serviceQueue.add(keyOf(object));
  }), reader.onChange(ipaddresses, ({ object, previous }) => {
    if (object !== undefined) addressQueue.add(nameOf(object));
    else if (previous !== undefined) lost(previous);
  }));
  /** A Service that stays without its object is found when upstream looks at all Services again, not before. */
  const lost = (address: IPAddress): void => {
    const { resource, namespace, name } = parentOf(address);
    if (resource !== 'services') return;
    const service = reader.get(services, namespace, name);
    if (service?.spec?.clusterIPs?.includes(nameOf(address)) === true) serviceQueue.addAfter(keyOf(service), repairIntervalMs);
  };
  const common = { clock, logger, informers: [], signal: stop.signal };
  runController({ ...common, name: `${component}-services`, queue: serviceQueue, reconcile: (key) => repair.syncService(key) });
  runController({ ...common, name: `${component}-addresses`, queue: addressQueue, reconcile: (ip) => repair.syncAddress(ip) });
  return () => {
    for (const one of undo) one();
    stop.abort(new Error('the API server stops'));
  };
}
