import { compareQuantity, value } from '../../../api/meta/quantity.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimCondition, PersistentVolumeClaimStatus, Pod } from '../../../api/types/core/v1.ts';
import { GrpcError } from '../../../runtime/grpc/channel.ts';
import type { MountedVolume, VolumeContext } from '../volume-plugin.ts';

/** Conditions of a claim that grows. */
const resizeConditions: ReadonlySet<string> = new Set(['Resizing', 'FileSystemResizePending', 'ControllerResizeError', 'NodeResizeError']);
/** What a driver says of a size that can never be. */
const infeasible: ReadonlySet<string> = new Set(['InvalidArgument', 'OutOfRange', 'NotFound']);

export interface GrowRequest {
  readonly pod: Pod;
  readonly claimName: string;
  readonly readOnly: boolean;
  readonly mounted: MountedVolume;
}

/**
 * Where the volume has grown and its claim does not know yet, the rest is the node's: its driver grows what is on it (KEP-284,
 * and KEP-1790 for what can fail). Nothing where nothing is to be done. Rejects, worded as upstream, when the driver cannot.
 */
export async function growClaim(context: VolumeContext, { pod, claimName, readOnly, mounted }: GrowRequest): Promise<void> {
  if (mounted.expand === undefined) return;
  const claim = await context.persistentVolumeClaim(pod, claimName);
  const persistent = claim?.spec?.volumeName === undefined ? undefined : await context.persistentVolume(claim.spec.volumeName);
  if (claim === undefined || persistent === undefined) return;
  const { status = {} } = claim;
  const capacity = persistent.spec?.capacity?.['storage'] ?? '0';
  if (compareQuantity(status.capacity?.['storage'] ?? '0', capacity) >= 0) return;
  const about = `for volume ${JSON.stringify(persistent.metadata.name)}`;
  if (readOnly) {
    context.claims.announce({ pod, claim }, 'Warning', 'FileSystemResizeFailed', `MountVolume.NodeExpandVolume failed ${about} requested read-only file system`);
    return;
  }
  // Whoever asked for more says how far it is; those before KEP-1790 say nothing.
  const granted = status.allocatedResources?.['storage'];
  const state = status.allocatedResourceStatuses?.['storage'];
  if (granted !== undefined && state !== 'NodeResizePending' && state !== 'NodeResizeInProgress') return;
  const size = granted ?? capacity;
  const begun = granted === undefined ? claim : await update(context, claim, { allocatedResourceStatuses: { ...status.allocatedResourceStatuses, storage: 'NodeResizeInProgress' } });
  try {
    await mounted.expand(value(size));
  } catch (error) {
    const code = error instanceof GrpcError ? error.code : undefined;
    // It cannot grow while it is in use: another time.
    if (code === 'FailedPrecondition') return;
    const message = `Expander.NodeExpand failed to expand the volume${code !== undefined && infeasible.has(code) ? '' : ' :'} ${(error as Error).message}`;
    const failure: PersistentVolumeClaimCondition = { type: 'NodeResizeError', status: 'True', lastTransitionTime: context.claims.now(), message: `failed to expand pvc with ${message}` };
    await update(context, begun, {
      conditions: [...(begun.status?.conditions ?? []).filter(({ type }) => type !== 'NodeResizeError'), failure],
      ...(granted !== undefined && code !== undefined && infeasible.has(code) && { allocatedResourceStatuses: { ...begun.status?.allocatedResourceStatuses, storage: 'NodeResizeInfeasible' } }),
    });
    throw new Error(message, { cause: error });
  }
  context.claims.announce({ pod, claim }, 'Normal', 'FileSystemResizeSuccessful', `MountVolume.NodeExpandVolume succeeded ${about} ${pod.spec?.nodeName ?? ''}`);
  const { storage: _done, ...left } = begun.status?.allocatedResourceStatuses ?? {};
  await update(context, begun, { capacity: { ...status.capacity, storage: size }, allocatedResourceStatuses: left, conditions: (begun.status?.conditions ?? []).filter(({ type }) => !resizeConditions.has(type)) });
}

function update(context: VolumeContext, claim: PersistentVolumeClaim, change: Partial<PersistentVolumeClaimStatus>): Promise<PersistentVolumeClaim> {
  return context.claims.updateStatus({ ...claim, status: { ...claim.status, ...change } });
}
