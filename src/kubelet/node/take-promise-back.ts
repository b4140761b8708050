import { parseTime } from '../../api/meta/time.ts';
import { livesUntilAnnotation, nodeLeaseNamespace, promisedUntilMs } from '../../api/node/promised-life.ts';
import { leases } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import { formatMicroTime } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';

/** In case the API does not answer. */
const retryMs = 1000;

/**
 * Takes back what a node that is silent now had promised: its lease is as its last heartbeat would have left it. Tries
 * until it works, or the signal aborts.
 */
export async function takePromiseBack({ client, clock, nodeName, signal }: { readonly client: Client; readonly clock: Clock; readonly nodeName: string; readonly signal: AbortSignal }): Promise<void> {
  const silentMs = clock.now();
  while (!signal.aborted) {
    try {
      const lease = await client.get(leases, { namespace: nodeLeaseNamespace, name: nodeName });
      if (promisedUntilMs(lease) === undefined) return;
      const { [livesUntilAnnotation]: _promise, ...annotations } = lease.metadata.annotations ?? {};
      const { annotations: _all, ...metadata } = lease.metadata;
      const renewedMs = parseTime(lease.spec?.renewTime ?? '') ?? silentMs;
      const periodMs = (lease.spec?.leaseDurationSeconds ?? 40) * 250;
      const lastMs = renewedMs + Math.max(0, Math.floor((silentMs - renewedMs) / periodMs)) * periodMs;
      await client.update(leases, { ...lease, metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) }, spec: { ...lease.spec, renewTime: formatMicroTime(lastMs) } });
      return;
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      await clock.sleep(retryMs, signal).catch(() => {});
    }
  }
}
