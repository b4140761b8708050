import { semanticEqual, mapsEqual } from '../../../api/meta/equal.ts';
import { nodes, pods } from '../../../api/resources.ts';
import { notFoundError } from '../../../api/status.ts';
import type { Pod, Volume } from '../../../api/types/core/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes } from '../admission.ts';
import { isMirrorPod, mirrorPodAnnotation, podConfigMapNames, podSecretNames } from '../../../api/pod/references.ts';

/** Why a node may not create a pod: only mirrors of its own static pods, which refer to nothing. */
function createError(reader: ObjectReader, nodeName: string, pod: Pod): string | undefined {
  const node = JSON.stringify(nodeName);
  if (!isMirrorPod(pod)) return `pod does not have "${mirrorPodAnnotation}" annotation, node ${node} can only create mirror pods`;
  if (pod.spec?.nodeName !== nodeName) return `node ${node} can only create pods with spec.nodeName set to itself`;
  const owners = pod.metadata.ownerReferences ?? [];
  const [owner] = owners;
  if (owners.length > 1) return `node ${node} can only create pods with a single owner reference set to itself`;
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== nodeName) return `node ${node} can only create pods with an owner reference set to itself`;
  if (owner.controller !== true) return `node ${node} can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion === true) return `node ${node} must not set blockOwnerDeletion on an owner reference`;
  const existing = reader.get(nodes, '', nodeName);
  if (existing === undefined) throw notFoundError(nodes, nodeName);
  if (owner.uid !== existing.metadata.uid) return `node ${nodeName} UID mismatch: expected ${owner.uid} got ${existing.metadata.uid}`;
  const referenced = referencedObjects(pod);
  return referenced === undefined ? undefined : `node ${node} can not create pods that reference ${referenced}`;
}

/** The first kind of API objects that a pod refers to; undefined when it refers to none. */
function referencedObjects(pod: Pod): string | undefined {
  if ((pod.spec?.serviceAccountName ?? '') !== '') return 'serviceaccounts';
  if (podSecretNames(pod).size > 0) return 'secrets';
  if (podConfigMapNames(pod).size > 0) return 'configmaps';
  if ((pod.spec?.resourceClaims ?? []).length > 0) return 'resourceclaims';
  for (const volume of pod.spec?.volumes ?? []) {
    const found = objectsOfVolume(volume);
    if (found !== undefined) return found;
  }
  return undefined;
}

function objectsOfVolume(volume: Volume): string | undefined {
  if (volume.configMap !== undefined) return 'configmaps (via configmap volumes)';
  if (volume.secret !== undefined) return 'secrets (via secret volumes)';
  if (volume.csi !== undefined) return 'csidrivers (via CSI volumes)';
  if (volume.glusterfs !== undefined) return 'endpoints (via glusterFS volumes)';
  if (volume.persistentVolumeClaim !== undefined) return 'persistentvolumeclaims';
  if (volume.ephemeral !== undefined) return 'persistentvolumeclaims (via ephemeral volumes)';
  if (volume.azureFile !== undefined) return 'secrets (via azureFile volumes)';
  for (const source of volume.projected?.sources ?? []) {
    if (source.configMap !== undefined) return 'configmaps (via projected volumes)';
    if (source.secret !== undefined) return 'secrets (via projected volumes)';
    if (source.serviceAccountToken !== undefined) return 'serviceaccounts (via projected volumes)';
    if (source.clusterTrustBundle !== undefined) return 'clustertrustbundles';
    if (source.podCertificate !== undefined) return 'podcertificates';
  }
  return undefined;
}

function existingPod(reader: ObjectReader, namespace: string, name: string): Pod {
  const pod = reader.get(pods, namespace, name);
  if (pod === undefined) throw notFoundError(pods, name);
  return pod;
}

/** Why a node may not do to a pod what it asks; undefined when it may. */
export function podError(reader: ObjectReader, nodeName: string, attributes: AdmissionAttributes): string | undefined {
  const node = JSON.stringify(nodeName);
  const { operation, namespace, name, subresource } = attributes;
  switch (subresource) {
    case '':
      if (operation === 'CREATE') return createError(reader, nodeName, attributes.object as Pod);
      if (operation !== 'DELETE') return `unexpected operation "${operation}", node ${node} can only create and delete mirror pods`;
      return existingPod(reader, namespace, name).spec?.nodeName === nodeName ? undefined : `node ${node} can only delete pods with spec.nodeName set to itself`;
    case 'status': {
      if (operation !== 'UPDATE') return `unexpected operation "${operation}"`;
      const previous = attributes.oldObject as Pod | undefined;
      const next = attributes.object as Pod | undefined;
      if (previous?.spec?.nodeName !== nodeName) return `node ${node} can only update pod status for pods with spec.nodeName set to itself`;
      if (!mapsEqual(previous.metadata.labels, next?.metadata.labels)) return `node ${node} cannot update labels through pod status`;
      if (!semanticEqual(previous.status?.resourceClaimStatuses, next?.status?.resourceClaimStatuses)) return `node ${node} cannot update resource claim statues`;
      if (!semanticEqual(previous.status?.extendedResourceClaimStatus, next?.status?.extendedResourceClaimStatus)) return `node ${node} cannot update extended resource claim status`;
      return undefined;
    }
    case 'eviction': {
      if (operation !== 'CREATE') return `unexpected operation ${operation}`;
      const podName = name === '' ? attributes.object?.metadata.name ?? '' : name;
      if (podName === '') return 'could not determine pod from request data';
      return existingPod(reader, namespace, podName).spec?.nodeName === nodeName ? undefined : `node ${nodeName} can only evict pods with spec.nodeName set to itself`;
    }
    default:
      return `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`;
  }
}
