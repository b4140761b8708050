import { persistentvolumeclaims, persistentvolumes, pods, resourceslices, volumeattachments } from '../../../api/resources.ts';
import type { PersistentVolume, Pod } from '../../../api/types/core/v1.ts';
import { isMirrorPod, podClaimNames, podConfigMapNames, podSecretNames } from '../../../api/pod/references.ts';
import { allClaimNamesOf } from '../../../api/pod/resource-claims.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { PodsByNode } from './pod-index.ts';

/** The kinds of objects that a node may see only when it has to do with them. */
export type RelatedKind = 'secret' | 'configmap' | 'claim' | 'volume' | 'pod' | 'serviceaccount' | 'attachment' | 'resourceclaim' | 'resourceslice';

/** The secrets, as `namespace/name`, that a kubelet needs to mount a volume. */
function volumeSecrets(volume: PersistentVolume): Set<string> {
  const keys = new Set<string>();
  const spec = volume.spec ?? {};
  const claimNamespace = spec.claimRef?.namespace ?? '';
  const add = (reference: { readonly name?: string; readonly namespace?: string } | undefined): void => {
    if (reference?.name !== undefined && reference.name !== '') keys.add(`${reference.namespace ?? claimNamespace}/${reference.name}`);
  };
  for (const source of [spec.cephfs, spec.cinder, spec.flexVolume, spec.rbd, spec.scaleIO, spec.iscsi, spec.storageos]) add(source?.secretRef);
  add(spec.csi?.nodePublishSecretRef);
  add(spec.csi?.nodeStageSecretRef);
  add(spec.csi?.nodeExpandSecretRef);
  if (spec.azureFile !== undefined) add({ name: spec.azureFile.secretName, namespace: spec.azureFile.secretNamespace ?? claimNamespace });
  return keys;
}

/** Whether an object is related to a node: through the pods bound to it, their claims, and those claims' volumes. */
export function isRelated(options: { readonly reader: ObjectReader; readonly podsByNode: PodsByNode }, nodeName: string, kind: RelatedKind, namespace: string, name: string): boolean {
  const { reader, podsByNode } = options;
  if (kind === 'pod') return reader.get(pods, namespace, name)?.spec?.nodeName === nodeName;
  if (kind === 'attachment') return reader.get(volumeattachments, '', name)?.spec.nodeName === nodeName;
  if (kind === 'resourceslice') return reader.get(resourceslices, '', name)?.spec.nodeName === nodeName;
  const volumesOf = function* (pod: Pod): Iterable<PersistentVolume> {
    for (const claimName of podClaimNames(pod)) {
      const volumeName = reader.get(persistentvolumeclaims, pod.metadata.namespace ?? '', claimName)?.spec?.volumeName;
      const volume = volumeName === undefined || volumeName === '' ? undefined : reader.get(persistentvolumes, '', volumeName);
      // What counts is which claim the volume belongs to, not which volume a claim says it has.
      const { claimRef } = volume?.spec ?? {};
      if (volume !== undefined && claimRef?.name === claimName && claimRef.namespace === pod.metadata.namespace) yield volume;
    }
  };
  for (const pod of podsByNode.of(nodeName)) {
    // A mirror pod gives its node no access to anything else.
    if (isMirrorPod(pod)) continue;
    const same = pod.metadata.namespace === namespace;
    switch (kind) {
      case 'serviceaccount':
        if (same && (pod.spec?.serviceAccountName ?? '') === name) return true;
        break;
      case 'configmap':
        if (same && podConfigMapNames(pod).has(name)) return true;
        break;
      case 'claim':
        if (same && podClaimNames(pod).has(name)) return true;
        break;
      case 'resourceclaim':
        if (same && allClaimNamesOf(pod).includes(name)) return true;
        break;
      case 'volume':
        for (const volume of volumesOf(pod)) if (volume.metadata.name === name) return true;
        break;
      case 'secret':
        if (same && podSecretNames(pod).has(name)) return true;
        for (const volume of volumesOf(pod)) if (volumeSecrets(volume).has(`${namespace}/${name}`)) return true;
        break;
    }
  }
  return false;
}
