import { leases } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Lease, LeaseSpec } from '../../api/types/coordination/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatMicroTime, timeoutSignal } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../client.ts';

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Of the Lease. */
  readonly namespace: string;
  readonly name: string;
  /** Unique among the candidates. */
  readonly identity: string;
  /** How long a silent leader is waited for. Default 15 s. */
  readonly leaseDurationMs?: number;
  /** How long a leader that cannot renew stays one. Default 10 s. */
  readonly renewDeadlineMs?: number;
  /** Between two tries. Default 2 s. */
  readonly retryPeriodMs?: number;
  /** Runs while this candidate leads; `signal` aborts when it no longer does. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  /** Ends the candidacy; a lease that is held is given back. */
  readonly signal: AbortSignal;
}

/**
 * Leads once: waits for the lease, runs `lead`, and resolves when the lease is lost, `lead` returns or the signal aborts.
 * As in client-go, a candidate judges the lease's age by its own clock, from when it saw the record change.
 */
export async function runLeaderElection(options: LeaderElectionOptions): Promise<void> {
  const { clock, random, logger, identity, signal } = options;
  const leaseDurationMs = options.leaseDurationMs ?? 15_000;
  const renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
  const retryPeriodMs = options.retryPeriodMs ?? 2_000;
  const client = options.client.because('!heartbeat');
  const ref = { namespace: options.namespace, name: options.name };
  let observed: Lease | undefined;
  let observedAtMs = 0;

  const observe = (lease: Lease): void => {
    if (observed?.metadata.resourceVersion !== lease.metadata.resourceVersion) observedAtMs = clock.monotonicMs();
    observed = lease;
  };

  /** True when the lease is held afterwards. */
  const tryAcquireOrRenew = async (attempt: AbortSignal): Promise<boolean> => {
    const now = formatMicroTime(clock.now());
    const fresh: LeaseSpec = { holderIdentity: identity, leaseDurationSeconds: leaseDurationMs / 1000, acquireTime: now, renewTime: now, leaseTransitions: 0 };
    try {
      observe(await client.get(leases, ref, { signal: attempt }));
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      observe(await client.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...ref }, spec: fresh }, { signal: attempt }));
      return true;
    }
    const held = observed!;
    const holder = held.spec?.holderIdentity ?? '';
    const mine = holder === identity;
    if (!mine && holder !== '' && observedAtMs + (held.spec?.leaseDurationSeconds ?? 0) * 1000 > clock.monotonicMs()) return false;
    const transitions = held.spec?.leaseTransitions ?? 0;
    const { acquireTime } = held.spec ?? {};
    const spec: LeaseSpec = mine
      ? { ...held.spec, ...fresh, ...(acquireTime !== undefined && { acquireTime }), leaseTransitions: transitions }
      : { ...held.spec, ...fresh, leaseTransitions: transitions + 1 };
    observe(await client.update(leases, { ...held, spec }, { signal: attempt }));
    return true;
  };

  const tryOnce = async (timeoutMs: number, parent: AbortSignal): Promise<boolean> => {
    const attempt = timeoutSignal(clock, timeoutMs, parent);
    try {
      return await tryAcquireOrRenew(attempt.signal);
    } catch (error) {
      if (!signal.aborted && !isReason(error, 'Conflict')) logger.warn('leader election: request failed', { lease: options.name, error });
      return false;
    } finally {
      attempt.cancel();
    }
  };

  while (!(await tryOnce(renewDeadlineMs, signal))) {
    if (signal.aborted) return;
    await clock.sleep(retryPeriodMs * (1 + 1.2 * random.float()), signal).catch(() => {});
    if (signal.aborted) return;
  }
  logger.info('became leader', { lease: options.name, identity });

  const term = new AbortController();
  const onAbort = (): void => term.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const renewing = (async () => {
    let renewedMs = clock.monotonicMs();
    while (!term.signal.aborted) {
      await clock.sleep(retryPeriodMs, term.signal).catch(() => {});
      if (term.signal.aborted) break;
      if (await tryOnce(renewDeadlineMs, term.signal)) renewedMs = clock.monotonicMs();
      else if (clock.monotonicMs() - renewedMs >= renewDeadlineMs) {
        logger.error('leader election lost', { lease: options.name });
        term.abort(new Error('leader election lost'));
      }
    }
  })();
  try {
    await options.lead(term.signal);
  } finally {
    term.abort(new Error('no longer leading'));
    signal.removeEventListener('abort', onAbort);
    await renewing;
    await release();
  }

  /** Lets the next candidate start at once instead of waiting for the lease to age. */
  async function release(): Promise<void> {
    if (observed?.spec?.holderIdentity !== identity) return;
    const now = formatMicroTime(clock.now());
    try {
      await client.update(leases, { ...observed, spec: { ...observed.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now } });
    } catch (error) {
      logger.debug('lease could not be released', { lease: options.name, error });
    }
  }
}
