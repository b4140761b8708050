import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { statefulsets } from '../../api/resources.ts';
import type { StatefulSet } from '../../api/types/apps/v1.ts';
import type { PersistentVolumeClaim, Pod, Volume } from '../../api/types/core/v1.ts';
import { podFromTemplate } from '../common/pod-control.ts';

/** The revision a pod was made from: the name of a ControllerRevision. */
export const revisionLabel = 'controller-revision-hash';
const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';
const memberName = /^(.*)-([0-9]+)$/s;
const maxOrdinal = 2 ** 31 - 1;

/** The set's name and the ordinal that a pod's name says; the ordinal is -1 for a name without one. */
export function parentAndOrdinal(pod: Pod): { readonly parent: string; readonly ordinal: number } {
  const match = memberName.exec(nameOf(pod));
  if (match === null) return { parent: '', ordinal: -1 };
  const ordinal = Number(match[2]);
  return { parent: match[1] ?? '', ordinal: ordinal <= maxOrdinal ? ordinal : -1 };
}

export const ordinalOf = (pod: Pod): number => parentAndOrdinal(pod).ordinal;
export const replicasOf = (set: StatefulSet): number => set.spec?.replicas ?? 1;
export const startOrdinal = (set: StatefulSet): number => set.spec?.ordinals?.start ?? 0;
export const podNameOf = (set: StatefulSet, ordinal: number): string => `${nameOf(set)}-${ordinal}`;
export const revisionOf = (pod: Pod): string => pod.metadata.labels?.[revisionLabel] ?? '';
export const isMember = (set: StatefulSet, pod: Pod): boolean => parentAndOrdinal(pod).parent === nameOf(set);

/** Is the pod one of those the set asks for now? */
export function inOrdinalRange(set: StatefulSet, pod: Pod): boolean {
  const index = ordinalOf(pod) - startOrdinal(set);
  return index >= 0 && index < replicasOf(set);
}

export const claimNameOf = (set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string => `${nameOf(template)}-${podNameOf(set, ordinal)}`;

/** The claims of a pod, each with the name of its template: that is the name of the pod's volume. */
export function claimsFor(set: StatefulSet, pod: Pod): { readonly volume: string; readonly claim: PersistentVolumeClaim }[] {
  const ordinal = ordinalOf(pod);
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    volume: nameOf(template),
    claim: {
      ...template,
      metadata: {
        ...template.metadata,
        namespace: namespaceOf(set),
        name: claimNameOf(set, template, ordinal),
        labels: { ...template.metadata.labels, ...set.spec?.selector.matchLabels },
      },
    },
  }));
}

/** Has the pod the name and the labels of a member of the set? */
export function identityMatches(set: StatefulSet, pod: Pod): boolean {
  const { parent, ordinal } = parentAndOrdinal(pod);
  return ordinal >= 0 && parent === nameOf(set) && nameOf(pod) === podNameOf(set, ordinal) && pod.metadata.labels?.[podNameLabel] === nameOf(pod);
}

/** Has the pod a volume for each of the set's claims? */
export function storageMatches(set: StatefulSet, pod: Pod): boolean {
  if (ordinalOf(pod) < 0) return false;
  return claimsFor(set, pod).every(({ volume, claim }) => pod.spec?.volumes?.find(({ name }) => name === volume)?.persistentVolumeClaim?.claimName === nameOf(claim));
}

/** The pod with the name and the labels of a member. */
export function withIdentity(set: StatefulSet, pod: Pod): Pod {
  const ordinal = ordinalOf(pod);
  const name = podNameOf(set, ordinal);
  return { ...pod, metadata: { ...pod.metadata, namespace: namespaceOf(set), name, labels: { ...pod.metadata.labels, [podNameLabel]: name, [podIndexLabel]: String(ordinal) } } };
}

/** The pod with the set's claims as volumes, in the place of others of the same names. */
export function withStorage(set: StatefulSet, pod: Pod): Pod {
  const claims = claimsFor(set, pod);
  const names = new Set(claims.map(({ volume }) => volume));
  const volumes: Volume[] = [
    ...claims.map(({ volume, claim }) => ({ name: volume, persistentVolumeClaim: { claimName: nameOf(claim) } })),
    ...(pod.spec?.volumes ?? []).filter(({ name }) => !names.has(name)),
  ];
  return volumes.length === 0 || pod.spec === undefined ? pod : { ...pod, spec: { ...pod.spec, volumes } };
}

/** A pod of the set that does not exist yet. It has no phase. */
export function newPod(set: StatefulSet, revision: string, ordinal: number): Pod {
  const name = podNameOf(set, ordinal);
  const template = podFromTemplate(set, statefulsets, set.spec?.template);
  const { serviceName } = set.spec ?? {};
  const subdomain = serviceName === undefined || serviceName === '' ? {} : { subdomain: serviceName };
  const { subdomain: _, ...spec } = template.spec ?? { containers: [] };
  const named: Pod = { ...template, metadata: { ...template.metadata, name }, spec: { ...spec, hostname: name, ...subdomain } };
  const pod = withStorage(set, withIdentity(set, named));
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, [revisionLabel]: revision } } };
}
