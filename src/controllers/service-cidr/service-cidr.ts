import { findCondition } from '../../api/meta/conditions.ts';
import { nameOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { ipaddresses, servicecidrs } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { IPAddress, ServiceCIDR } from '../../api/types/networking/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { containing, mayGo, overlapping } from './addresses.ts';

const identity = 'service-cidr-controller';
const finalizer = 'networking.k8s.io/service-cidr-finalizer';
/** API servers hear meanwhile that a range is going, and give out none of its addresses any more. */
const deletionGraceMs = 10_000;
const managedBy = 'ipaddress.kubernetes.io/managed-by';

interface Ready { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string }
const ready: Ready = { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' };
const terminating: Ready = { status: 'False', reason: 'Terminating', message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR' };

/** Says of ServiceCIDRs that they are ready, and lets none go that the address of a Service depends on. */
export async function startServiceCidrController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor('service-cidrs-controller');
  const recorder = recorderFor(context, client, identity);
  const cidrs = informers.informer(servicecidrs);
  const addresses = informers.informer(ipaddresses);
  const queue = new WorkQueue({ clock });
  cidrs.addHandler({
    add: (cidr) => {
      queue.add(nameOf(cidr));
      for (const other of overlapping(cidr, cidrs.lister.list())) queue.add(nameOf(other));
    },
    update: (_old, cidr) => queue.add(nameOf(cidr)),
    // One that was waiting for this one may have been covered by it.
    delete: (cidr) => queue.add(nameOf(cidr)),
  });
  const isManaged = ({ metadata }: IPAddress): boolean => metadata.labels?.[managedBy] === 'ipallocator.k8s.io';
  const touched = (address: IPAddress): void => {
    if (isManaged(address)) for (const cidr of containing(nameOf(address), cidrs.lister.list())) queue.add(nameOf(cidr));
  };
  addresses.addHandler({ add: touched, delete: touched });

  const setReady = async (cidr: ServiceCIDR, wanted: Ready): Promise<void> => {
    const current = findCondition(cidr.status?.conditions, 'Ready');
    if (current !== undefined && current.status === wanted.status && (current.reason ?? '') === wanted.reason && (current.message ?? '') === wanted.message) return;
    const value = {
      apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: nameOf(cidr) },
      status: { conditions: [{ type: 'Ready', ...wanted, lastTransitionTime: formatTime(clock.now()) }] },
    };
    await client.patch(servicecidrs, { name: nameOf(cidr) }, { type: 'apply', value }, { subresource: 'status', fieldManager: identity, force: true });
  };
  const patchFinalizers = async (cidr: ServiceCIDR, metadata: object): Promise<void> => {
    try {
      await client.patch(servicecidrs, { name: nameOf(cidr) }, { type: 'strategic', value: { metadata } });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  };
  const finish = async (cidr: ServiceCIDR): Promise<void | { requeueAfterMs: number }> => {
    if (!mayGo(cidr, cidrs.lister.list(), () => addresses.lister.list().filter(isManaged).map(nameOf))) {
      await setReady(cidr, terminating);
      return;
    }
    const waitMs = (parseTime(cidr.metadata.deletionTimestamp ?? '') ?? 0) + deletionGraceMs - clock.now();
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    if (cidr.metadata.finalizers?.includes(finalizer) === true) await patchFinalizers(cidr, { '$deleteFromPrimitiveList/finalizers': [finalizer] });
  };
  const reconcile = async (name: string): Promise<void | { requeueAfterMs: number }> => {
    const cidr = cidrs.lister.get('', name);
    if (cidr === undefined) return;
    if (cidr.metadata.deletionTimestamp !== undefined) return finish(cidr);
    if (cidr.metadata.finalizers?.includes(finalizer) !== true) await patchFinalizers(cidr, { finalizers: [finalizer] });
    try {
      await setReady(cidr, ready);
    } catch (error) {
      recorder.event(cidr, 'Warning', 'KubernetesServiceCIDRError', 'The ServiceCIDR Status can not be set to Ready=True');
      throw error;
    }
  };
  runController({ name: identity, clock, logger, signal, informers: [cidrs, addresses], queue, reconcile });
}
