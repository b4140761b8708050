import { uidOf } from '../../api/meta/object.ts';
import { leases } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Lease } from '../../api/types/coordination/v1.ts';
import type { Node } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatMicroTime } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { reactingTo } from '../../client/cause.ts';
import type { Client } from '../../client/client.ts';

const namespace = 'kube-node-lease';
const defaultDurationSeconds = 40;
const retryMs = 1000;

/** Renews the node's lease four times in its duration, which is how the control plane knows that it lives; not while it `isSilent`. Ends with the signal. */
export async function keepNodeLease(options: { readonly client: Client; readonly clock: Clock; readonly logger: Logger; readonly node: () => Node | undefined; readonly nodeName: string; readonly durationSeconds?: number | undefined; readonly isSilent?: () => boolean; readonly signal: AbortSignal }): Promise<void> {
  const { client, clock, logger, nodeName, signal, durationSeconds = defaultDurationSeconds } = options;
  let lease: Lease | undefined;
  while (!signal.aborted) {
    let delayMs = durationSeconds * 250;
    try {
      if (options.isSilent?.() !== true) lease = await reactingTo('!heartbeat', () => renew({ client, nodeName, durationSeconds, node: options.node(), known: lease, renewTime: formatMicroTime(clock.now()) }));
    } catch (error) {
      if (signal.aborted) return;
      lease = undefined;
      delayMs = retryMs;
      // The namespace is made by the control plane when it starts, perhaps after us.
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) logger.warn('node lease could not be renewed', { node: nodeName, error });
    }
    try {
      await clock.sleep(delayMs, signal);
    } catch {
      return;
    }
  }
}

async function renew({ client, nodeName, durationSeconds, node, known, renewTime }: { readonly client: Client; readonly nodeName: string; readonly durationSeconds: number; readonly node: Node | undefined; readonly known: Lease | undefined; readonly renewTime: string }): Promise<Lease> {
  const owner = node === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: uidOf(node) }] };
  let current = known;
  if (current === undefined) {
    try {
      current = await client.get(leases, { namespace, name: nodeName });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      return client.create(leases, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: nodeName, namespace, ...owner },
        spec: { holderIdentity: nodeName, leaseDurationSeconds: durationSeconds, renewTime },
      });
    }
  }
  return client.update(leases, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    ...current,
    metadata: { ...current.metadata, ...(current.metadata.ownerReferences === undefined && owner) },
    spec: { ...current.spec, holderIdentity: nodeName, leaseDurationSeconds: durationSeconds, renewTime },
  });
}
