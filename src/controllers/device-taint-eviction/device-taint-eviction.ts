import { semanticEqual } from '../../api/meta/equal.ts';
import { findCondition } from '../../api/meta/conditions.ts';
import { keyOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { pods, resourceclaims, resourceslices } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { ResourceClaim, ResourceSlice } from '../../api/types/resource/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { allocatedIn, podEndMs, poolKey } from './eviction-time.ts';

const identity = 'device-taint-eviction-controller';
const poolIndex = 'pool';
const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByDeviceTaintManager', message: 'Device Taint manager: deleting due to NoExecute taint' } as const;

/** Deletes pods that do not tolerate the NoExecute taints of devices that they use, when their time is up. */
export async function startDeviceTaintEvictionController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, identity);
  const podInformer = informers.informer(pods);
  const claims = informers.informer(resourceclaims);
  const slices = informers.informer(resourceslices);
  claims.addIndex(poolIndex, (claim) => [...new Set(allocatedIn(claim).map(poolKey))]);
  slices.addIndex(poolIndex, ({ spec }) => [poolKey({ driver: spec.driver, pool: spec.pool.name })]);
  const queue = new WorkQueue({ clock });
  /** Pods that will be deleted, by key: their uid. */
  const pending = new Map<string, string>();

  const usersOf = (claim: ResourceClaim): void => {
    for (const { apiGroup = '', resource, name } of claim.status?.reservedFor ?? []) if (apiGroup === '' && resource === 'pods') queue.add(`${namespaceOf(claim)}/${name}`);
  };
  const hasClaims = ({ spec }: Pod): boolean => (spec?.resourceClaims ?? []).length > 0;
  podInformer.addHandler({
    add: (pod) => { if (hasClaims(pod)) queue.add(keyOf(pod)); },
    update: (old, pod) => {
      if (hasClaims(pod) && (old.spec?.nodeName !== pod.spec?.nodeName || !semanticEqual(old.status?.resourceClaimStatuses, pod.status?.resourceClaimStatuses))) queue.add(keyOf(pod));
    },
    delete: (pod) => pending.delete(keyOf(pod)),
  });
  claims.addHandler({
    add: usersOf,
    update: (old, claim) => {
      usersOf(old);
      usersOf(claim);
    },
    delete: usersOf,
  });
  const hasTaints = ({ spec }: ResourceSlice): boolean => (spec.devices ?? []).some(({ taints = [] }) => taints.length > 0);
  const poolSeen = ({ spec }: ResourceSlice): void => { for (const claim of claims.lister.byIndex(poolIndex, poolKey({ driver: spec.driver, pool: spec.pool.name }))) usersOf(claim); };
  slices.addHandler({
    add: (slice) => { if (hasTaints(slice) || pending.size > 0) poolSeen(slice); },
    update: (old, slice) => { if (hasTaints(old) || hasTaints(slice)) poolSeen(slice); },
    delete: poolSeen,
  });

  const evict = async (pod: Pod): Promise<void> => {
    const ref = { namespace: namespaceOf(pod), name: pod.metadata.name ?? '' };
    const uid = pod.metadata.uid ?? '';
    const live = await client.get(pods, ref);
    if (live.metadata.uid !== uid || live.metadata.deletionTimestamp !== undefined) return;
    recorder.event({ apiVersion: 'v1', kind: 'Pod', ...ref, uid }, 'Normal', 'DeviceTaintManagerEviction', 'Marking for deletion');
    const known = findCondition(live.status?.conditions, condition.type);
    if (known?.status !== condition.status || known.reason !== condition.reason || known.message !== condition.message) {
      await client.patch(pods, ref, { type: 'strategic', value: { metadata: { uid }, status: { conditions: [{ ...condition, lastTransitionTime: formatTime(clock.now()) }] } } }, { subresource: 'status' });
    }
    await client.delete(pods, ref, { preconditions: { uid } });
  };
  const reconcile = async (key: string): Promise<void | { requeueAfterMs: number }> => {
    const { namespace, name } = splitKey(key);
    const pod = podInformer.lister.get(namespace, name);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
    const atMs = podEndMs(pod, (claim) => claims.lister.get(namespace, claim), (pool) => slices.lister.byIndex(poolIndex, pool));
    if (atMs === undefined) {
      if (pending.delete(key)) recorder.event({ apiVersion: 'v1', kind: 'Pod', namespace, name, uid: pod.metadata.uid ?? '' }, 'Normal', 'DeviceTaintManagerEviction', 'Cancelling deletion');
      return;
    }
    pending.set(key, pod.metadata.uid ?? '');
    const waitMs = atMs - clock.now();
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    try {
      await evict(pod);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
    pending.delete(key);
  };
  runController({ name: identity, clock, logger, signal, informers: [podInformer, claims, slices], queue, reconcile, workers: 8 });
}
