import type { Container, Pod } from '../types/core/v1.ts';

type AnyContainer = Pick<Container, 'env' | 'envFrom'>;

const containersOf = (pod: Pod): readonly AnyContainer[] => [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? []), ...((pod.spec?.ephemeralContainers ?? []) as readonly AnyContainer[])];

/** The names of all secrets that a pod refers to, in its own namespace. */
export function podSecretNames(pod: Pod): Set<string> {
  const names = new Set<string>();
  const add = (name: string | undefined): void => {
    if (name !== undefined && name !== '') names.add(name);
  };
  for (const reference of pod.spec?.imagePullSecrets ?? []) add(reference.name);
  for (const container of containersOf(pod)) {
    for (const source of container.envFrom ?? []) add(source.secretRef?.name);
    for (const variable of container.env ?? []) add(variable.valueFrom?.secretKeyRef?.name);
  }
  for (const volume of pod.spec?.volumes ?? []) {
    add(volume.secret?.secretName);
    add(volume.azureFile?.secretName);
    for (const source of volume.projected?.sources ?? []) add(source.secret?.name);
    add(volume.csi?.nodePublishSecretRef?.name);
    for (const source of [volume.cephfs, volume.cinder, volume.flexVolume, volume.rbd, volume.scaleIO, volume.iscsi, volume.storageos]) add(source?.secretRef?.name);
  }
  return names;
}

/** The names of all config maps that a pod refers to, in its own namespace. */
export function podConfigMapNames(pod: Pod): Set<string> {
  const names = new Set<string>();
  const add = (name: string | undefined): void => {
    if (name !== undefined && name !== '') names.add(name);
  };
  for (const container of containersOf(pod)) {
    for (const source of container.envFrom ?? []) add(source.configMapRef?.name);
    for (const variable of container.env ?? []) add(variable.valueFrom?.configMapKeyRef?.name);
  }
  for (const volume of pod.spec?.volumes ?? []) {
    add(volume.configMap?.name);
    for (const source of volume.projected?.sources ?? []) add(source.configMap?.name);
  }
  return names;
}

/** The names of the claims that a pod mounts, those made for its ephemeral volumes included. */
export function podClaimNames(pod: Pod): Set<string> {
  const names = new Set<string>();
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.persistentVolumeClaim !== undefined) names.add(volume.persistentVolumeClaim.claimName);
    if (volume.ephemeral !== undefined) names.add(`${pod.metadata.name ?? ''}-${volume.name}`);
  }
  return names;
}

/** The kubelet's image of a static pod carries this annotation. */
export const mirrorPodAnnotation = 'kubernetes.io/config.mirror';

export const isMirrorPod = (pod: Pod): boolean => pod.metadata.annotations?.[mirrorPodAnnotation] !== undefined;
