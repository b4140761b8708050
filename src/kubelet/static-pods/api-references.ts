import { podConfigMapNames, podSecretNames } from '../../api/pod/references.ts';
import type { Pod, Volume, VolumeProjection } from '../../api/types/core/v1.ts';

/** Volumes that cannot be had without the API, and what of it they need. */
const dependent: Partial<Record<keyof Volume, string>> = {
  configMap: 'configmaps (via configmap volumes)',
  secret: 'secrets (via secret volumes)',
  csi: 'csidrivers (via CSI volumes)',
  glusterfs: 'endpoints (via glusterFS volumes)',
  persistentVolumeClaim: 'persistentvolumeclaims',
  ephemeral: 'persistentvolumeclaims (via ephemeral volumes)',
  azureFile: 'secrets (via azureFile volumes)',
};

const projections: Readonly<Record<keyof VolumeProjection, string | undefined>> = {
  configMap: 'configmaps (via projected volumes)',
  secret: 'secrets (via projected volumes)',
  serviceAccountToken: 'serviceaccounts (via projected volumes)',
  clusterTrustBundle: 'clustertrustbundles',
  podCertificate: 'podcertificates',
  downwardAPI: undefined,
};

function volumeReferences({ projected, ...volume }: Volume): (string | undefined)[] {
  const sources = projected?.sources ?? [];
  return [...Object.keys(volume).map((kind) => dependent[kind as keyof Volume]), ...sources.flatMap((source) => Object.keys(source).map((kind) => projections[kind as keyof VolumeProjection]))];
}

/** The kind of API object that a pod needs, as a refusal names it; undefined when it can run without the API. */
export function apiReferenceOf(pod: Pod): string | undefined {
  const { serviceAccountName = '', resourceClaims = [], volumes = [] } = pod.spec ?? {};
  if (serviceAccountName !== '') return 'serviceaccounts';
  // These look into volumes, too: that they come first is upstream's order.
  if (podSecretNames(pod).size > 0) return 'secrets';
  if (podConfigMapNames(pod).size > 0) return 'configmaps';
  if (resourceClaims.length > 0) return 'resourceclaims';
  return volumes.flatMap(volumeReferences).find((found) => found !== undefined);
}
