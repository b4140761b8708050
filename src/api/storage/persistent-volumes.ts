import { compareQuantity } from '../meta/quantity.ts';
import { labelSelectorAsSelector } from '../meta/labels.ts';
import { nameOf, namespaceOf } from '../meta/object.ts';
import { matchesNodeSelector } from '../pod/node-selector.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../types/core/v1.ts';

/** Annotations by which the scheduler, the volume controller and provisioners tell each other of bindings. */
export const bindCompleted = 'pv.kubernetes.io/bind-completed';
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
export const selectedNode = 'volume.kubernetes.io/selected-node';
/** The provisioner of classes whose volumes somebody makes by hand. */
export const noProvisioner = 'kubernetes.io/no-provisioner';
const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** The class that a claim asks for; empty for none. */
export const classOfClaim = ({ metadata, spec }: PersistentVolumeClaim): string => metadata.annotations?.[classAnnotation] ?? spec?.storageClassName ?? '';

/** The class of a volume; empty for none. */
export const classOfVolume = ({ metadata, spec }: PersistentVolume): string => metadata.annotations?.[classAnnotation] ?? spec?.storageClassName ?? '';

/** May pods that use the volume run on the node? */
export function fitsNode(volume: PersistentVolume, node: Node): boolean {
  const required = volume.spec?.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Is the volume bound, or reserved, for this very claim? */
export function isBoundTo({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = spec?.claimRef;
  if (reference === undefined || reference.name !== nameOf(claim) || reference.namespace !== namespaceOf(claim)) return false;
  return (reference.uid ?? '') === '' || reference.uid === claim.metadata.uid;
}

/** Has the volume controller finished binding the claim? */
export const isFullyBound = ({ metadata, spec }: PersistentVolumeClaim): boolean => (spec?.volumeName ?? '') !== '' && metadata.annotations?.[bindCompleted] !== undefined;

/** The volume as it is when it is given to the claim; the very same when it is already. */
export function boundVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const reference = volume.spec?.claimRef;
  const bound = isBoundTo(volume, claim);
  if (bound && reference?.uid === claim.metadata.uid) return volume;
  const annotations = bound ? volume.metadata.annotations : { ...volume.metadata.annotations, [boundByController]: 'yes' };
  return {
    ...volume,
    metadata: { ...volume.metadata, ...(annotations !== undefined && { annotations }) },
    spec: {
      ...volume.spec,
      claimRef: {
        apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: namespaceOf(claim), name: nameOf(claim),
        ...(claim.metadata.uid !== undefined && { uid: claim.metadata.uid }),
        ...(claim.metadata.resourceVersion !== undefined && { resourceVersion: claim.metadata.resourceVersion }),
      },
    },
  };
}

/**
 * The smallest volume that the claim could be bound to; one that is reserved for it goes first, and if that does not fit
 * the node, none does. `node`: pods on which node want it; absent, where pods will run does not matter. `taken`: names of
 * volumes that are promised to other claims. `delayed`: without a node, only reserved volumes are given.
 */
export function findMatchingVolume(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[], options: { readonly node?: Node; readonly taken?: ReadonlySet<string>; readonly delayed?: boolean } = {}): PersistentVolume | undefined {
  const { node, taken, delayed } = options;
  const requested = claim.spec?.resources?.requests?.['storage'] ?? '0';
  const selector = claim.spec?.selector === undefined ? undefined : labelSelectorAsSelector(claim.spec.selector);
  const className = classOfClaim(claim);
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    const { spec, metadata } = volume;
    if (taken?.has(nameOf(volume)) === true || metadata.deletionTimestamp !== undefined) continue;
    const bound = isBoundTo(volume, claim);
    if (spec?.claimRef !== undefined && !bound) continue;
    const capacity = spec?.capacity?.['storage'] ?? '0';
    if (compareQuantity(capacity, requested) < 0) continue;
    if ((claim.spec?.volumeMode ?? 'Filesystem') !== (spec?.volumeMode ?? 'Filesystem')) continue;
    if ((claim.spec?.volumeAttributesClassName ?? '') !== (spec?.volumeAttributesClassName ?? '')) continue;
    const fits = node === undefined || fitsNode(volume, node);
    if (bound) return fits ? volume : undefined;
    if (node === undefined && delayed === true) continue;
    if (!fits || volume.status?.phase !== 'Available' || selector?.matches(metadata.labels) === false || classOfVolume(volume) !== className) continue;
    if (node !== undefined && !(claim.spec?.accessModes ?? []).every((mode) => spec?.accessModes?.includes(mode) === true)) continue;
    if (smallest === undefined || compareQuantity(smallest.spec?.capacity?.['storage'] ?? '0', capacity) > 0) smallest = volume;
  }
  return smallest;
}
