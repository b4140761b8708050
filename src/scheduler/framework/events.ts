import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment } from '../../api/types/storage/v1.ts';
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../../api/types/resource/v1.ts';
import type { PodGroup } from '../../api/types/scheduling/v1alpha2.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts';
import { mapsEqual, semanticEqual } from '../../api/meta/equal.ts';
import type { PodInfo } from '../cache/pod-info.ts';

/** An object that is new. */
interface Added<T> { readonly old?: undefined; readonly object: T }
/** An object that changed. */
interface Updated<T> { readonly old: T; readonly object: T }
/** The last that was seen of an object. */
interface Deleted<T> { readonly old: T; readonly object?: undefined }

/**
 * What happens in the cluster that may let a waiting pod be scheduled, named as upstream's metrics name it, with what a
 * plug-in gets to see of it. `AssignedPod`: one that has a node, or is nominated to one. `UnscheduledPod`: the waiting
 * pod itself was changed. `UnscheduledPodAdd`: another came to wait that is scheduled with a group; no other concerns anybody.
 */
export interface EventPayloads {
  AssignedPodAdd: Added<PodInfo>;
  AssignedPodUpdateLabel: Updated<PodInfo>;
  AssignedPodScaleDown: Updated<PodInfo>;
  AssignedPodDelete: Deleted<PodInfo>;
  UnscheduledPodAdd: Added<PodInfo>;
  UnscheduledPodUpdateLabel: Updated<PodInfo>;
  UnscheduledPodScaleDown: Updated<PodInfo>;
  UnscheduledPodSchedulingGatesEliminated: Updated<PodInfo>;
  UnscheduledPodUpdateToleration: Updated<PodInfo>;
  UnscheduledPodGeneratedResourceClaim: Updated<PodInfo>;
  UnscheduledPodUpdate: Updated<PodInfo>;
  NodeAdd: Added<Node>;
  NodeDelete: Deleted<Node>;
  NodeUpdateAllocatable: Updated<Node>;
  NodeUpdateLabel: Updated<Node>;
  NodeUpdateTaint: Updated<Node>;
  NodeUpdateDeclaredFeature: Updated<Node>;
  PersistentVolumeAdd: Added<PersistentVolume>;
  PersistentVolumeUpdate: Updated<PersistentVolume>;
  PersistentVolumeClaimAdd: Added<PersistentVolumeClaim>;
  PersistentVolumeClaimUpdate: Updated<PersistentVolumeClaim>;
  StorageClassAdd: Added<StorageClass>;
  StorageClassUpdate: Updated<StorageClass>;
  CSINodeAdd: Added<CSINode>;
  CSINodeUpdate: Updated<CSINode>;
  CSIDriverUpdate: Updated<CSIDriver>;
  CSIStorageCapacityAdd: Added<CSIStorageCapacity>;
  CSIStorageCapacityUpdate: Updated<CSIStorageCapacity>;
  VolumeAttachmentDelete: Deleted<VolumeAttachment>;
  ResourceClaimAdd: Added<ResourceClaim>;
  ResourceClaimUpdate: Updated<ResourceClaim>;
  ResourceClaimDelete: Deleted<ResourceClaim>;
  ResourceSliceAdd: Added<ResourceSlice>;
  ResourceSliceUpdate: Updated<ResourceSlice>;
  DeviceClassAdd: Added<DeviceClass>;
  DeviceClassUpdate: Updated<DeviceClass>;
  PodGroupAdd: Added<PodGroup>;
}

export type EventLabel = keyof EventPayloads;

export type ClusterEvent = { [L in EventLabel]: { readonly label: L } & EventPayloads[L] }[EventLabel];

/**
 * Queueing hints: which events may make a pod schedulable that the plug-in refused. `true`: any such event may; a
 * function looks closer. Events that are not named never help.
 */
export type Wakes = { readonly [L in EventLabel]?: true | ((pod: PodInfo, event: EventPayloads[L]) => boolean) };

/** Does the event concern pods that a plug-in with these hints refused? */
export function mayHelp(wakes: Wakes | undefined, pod: PodInfo, event: ClusterEvent): boolean {
  const hint = wakes?.[event.label];
  if (hint === undefined) return false;
  return hint === true || (hint as (pod: PodInfo, event: ClusterEvent) => boolean)(pod, event);
}

/** What of a node's change plug-ins look at; heartbeats change nothing of it. */
export function nodeChanges(old: Node, object: Node): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  // A node that takes pods again is told as a change of its taints, as upstream does.
  const opened = old.spec?.unschedulable === true && object.spec?.unschedulable !== true;
  const taints = !semanticEqual(old.spec?.taints, object.spec?.taints);
  if (opened || taints) events.push({ label: 'NodeUpdateTaint', old, object });
  if (!semanticEqual(old.status?.allocatable, object.status?.allocatable)) events.push({ label: 'NodeUpdateAllocatable', old, object });
  if (!mapsEqual(old.metadata.labels, object.metadata.labels)) events.push({ label: 'NodeUpdateLabel', old, object });
  if (!semanticEqual(old.status?.declaredFeatures, object.status?.declaredFeatures)) events.push({ label: 'NodeUpdateDeclaredFeature', old, object });
  return events;
}

/** Does a pod ask for less of something than before? */
export function isScaledDown({ requests: before }: PodInfo, { requests: after }: PodInfo): boolean {
  for (const resource in before) if ((after[resource] ?? -1) < before[resource]!) return true;
  return false;
}

/** What of a waiting pod's change plug-ins look at. */
export function unscheduledPodChanges(old: PodInfo, object: PodInfo): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  const [before, after] = [old.pod, object.pod];
  if (!mapsEqual(before.metadata.labels, after.metadata.labels)) events.push({ label: 'UnscheduledPodUpdateLabel', old, object });
  if (isScaledDown(old, object)) events.push({ label: 'UnscheduledPodScaleDown', old, object });
  if ((after.spec?.schedulingGates ?? []).length === 0 && (before.spec?.schedulingGates ?? []).length > 0) events.push({ label: 'UnscheduledPodSchedulingGatesEliminated', old, object });
  if ((before.spec?.tolerations ?? []).length !== (after.spec?.tolerations ?? []).length) events.push({ label: 'UnscheduledPodUpdateToleration', old, object });
  if (!semanticEqual(before.status?.resourceClaimStatuses, after.status?.resourceClaimStatuses) || !semanticEqual(before.status?.extendedResourceClaimStatus, after.status?.extendedResourceClaimStatus)) events.push({ label: 'UnscheduledPodGeneratedResourceClaim', old, object });
  if (events.length === 0) events.push({ label: 'UnscheduledPodUpdate', old, object });
  return events;
}
