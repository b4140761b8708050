import { labelSelectorAsSelector } from '../../api/meta/labels.ts';
import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { compareQuantity } from '../../api/meta/quantity.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts';
import type { StorageClass } from '../../api/types/storage/v1.ts';

const betaClassAnnotation = 'volume.beta.kubernetes.io/storage-class';
const defaultClassAnnotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
export const bindCompleted = 'pv.kubernetes.io/bind-completed';
export const provisionedBy = 'pv.kubernetes.io/provisioned-by';
export const selectedNode = 'volume.kubernetes.io/selected-node';

type WithAnnotations = { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };
export const hasAnnotation = ({ metadata }: WithAnnotations, name: string): boolean => metadata.annotations?.[name] !== undefined;
export const classOf = (object: PersistentVolume | PersistentVolumeClaim): string => object.metadata.annotations?.[betaClassAnnotation] ?? object.spec?.storageClassName ?? '';
/** Does the claim say which class it wants, if only none at all? */
export const asksForClass = (claim: PersistentVolumeClaim): boolean => hasAnnotation(claim, betaClassAnnotation) || claim.spec?.storageClassName !== undefined;

/** The class of claims that ask for none: of several the newest. */
export function defaultClassOf(classes: readonly StorageClass[]): StorageClass | undefined {
  const time = ({ metadata }: StorageClass): string => metadata.creationTimestamp ?? '';
  return classes.filter(({ metadata }) => defaultClassAnnotations.some((name) => metadata.annotations?.[name] === 'true'))
    .toSorted((a, b) => (time(a) === time(b) ? (nameOf(a) < nameOf(b) ? -1 : 1) : time(a) < time(b) ? 1 : -1))[0];
}

/** Is the volume the claim's: bound to it, or kept for it by name? */
export function isBoundTo(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = volume.spec?.claimRef;
  if (reference === undefined || reference.name !== nameOf(claim) || reference.namespace !== namespaceOf(claim)) return false;
  return (reference.uid ?? '') === '' || reference.uid === claim.metadata.uid;
}

const capacityOf = (volume: PersistentVolume): string => volume.spec?.capacity?.['storage'] ?? '0';
const requestOf = (claim: PersistentVolumeClaim): string => claim.spec?.resources?.requests?.['storage'] ?? '0';
const modesOf = (object: PersistentVolume | PersistentVolumeClaim): readonly string[] => object.spec?.accessModes ?? [];
const hasModes = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => modesOf(claim).every((mode) => modesOf(volume).includes(mode));
export const modesDiffer = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => (volume.spec?.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem');
const attributesDiffer = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => (volume.spec?.volumeAttributesClassName ?? '') !== (claim.spec?.volumeAttributesClassName ?? '');

/** Why the volume that a claim names is none for it; undefined when it is one. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined) return `the volume is marked for deletion ${JSON.stringify(nameOf(volume))}`;
  if (compareQuantity(capacityOf(volume), requestOf(claim)) < 0) return 'requested PV is too small';
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match';
  if (attributesDiffer(volume, claim)) return 'volumeAttributesClassName does not match';
  if (modesDiffer(volume, claim)) return 'incompatible volumeMode';
  return hasModes(volume, claim) ? undefined : 'incompatible accessMode';
}

/**
 * The volume for a claim: the one that is kept for it, or the smallest that is large enough, with as few access modes as
 * will do. With `delayed` only what is kept for it counts: the scheduler chooses the others.
 */
export function bestMatch(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[], { delayed }: { readonly delayed: boolean }): PersistentVolume | undefined {
  const selector = claim.spec?.selector === undefined ? undefined : labelSelectorAsSelector(claim.spec.selector);
  const groups = Map.groupBy(volumes.filter((volume) => hasModes(volume, claim)), (volume) => [...new Set(modesOf(volume))].toSorted().join());
  for (const [, group] of [...groups].toSorted(([a], [b]) => a.split(',').length - b.split(',').length)) {
    let smallest: PersistentVolume | undefined;
    for (const volume of group) {
      if (volume.spec?.claimRef !== undefined && !isBoundTo(volume, claim)) continue;
      if (volume.metadata.deletionTimestamp !== undefined || compareQuantity(capacityOf(volume), requestOf(claim)) < 0 || modesDiffer(volume, claim) || attributesDiffer(volume, claim)) continue;
      if (isBoundTo(volume, claim)) return volume;
      if (delayed || volume.status?.phase !== 'Available' || selector?.matches(volume.metadata.labels) === false || classOf(volume) !== classOf(claim)) continue;
      if (smallest === undefined || compareQuantity(capacityOf(smallest), capacityOf(volume)) > 0) smallest = volume;
    }
    if (smallest !== undefined) return smallest;
  }
  return undefined;
}
