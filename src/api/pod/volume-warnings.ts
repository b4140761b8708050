/** What a client is warned of in the volumes of a pod and in claims, although it is allowed. */
import { milliValue } from '../meta/quantity.ts';
import type { PersistentVolumeClaimSpec, Volume, VolumeProjection } from '../types/core/v1.ts';

const deprecatedVolumes: Partial<Record<keyof Volume, string>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};
/** Upstream's spelling of a field. */
const volumePaths: Partial<Record<keyof Volume, string>> = { storageos: 'storageOS' };

/** Warnings for the sizes of these names that are no whole bytes. */
export function fractionWarnings(list: Readonly<Record<string, string>> | undefined, path: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const quantity = list?.[name];
    if (quantity === undefined || !/[m.nueE]/.test(quantity) || milliValue(quantity) % 1000 === 0) return [];
    return [`${path}[${name}]: fractional byte value ${JSON.stringify(quantity)} is invalid, must be an integer`];
  });
}

/** Warnings for what a claim, or the template of one, asks for. */
export function claimSpecWarnings({ resources }: PersistentVolumeClaimSpec, path: string): string[] {
  return (['requests', 'limits'] as const).flatMap((list) => fractionWarnings(resources?.[list], `${path}.resources.${list}`, ['storage']));
}

/** A file that a volume shows, and what it is from where that is not the volume's only source. */
interface VirtualFile {
  readonly path: string;
  readonly source: string;
}

const textOf = ({ path, source }: VirtualFile): string => (source === '' ? JSON.stringify(path) : `${JSON.stringify(path)} (${source})`);
const filesOf = (items: readonly { readonly path: string }[] | undefined, source = ''): VirtualFile[] => items?.map(({ path }) => ({ path, source })) ?? [];

/** Files that are the same as an earlier one, or of which one would be a folder of the other. */
function overlapsOf(files: readonly VirtualFile[]): string[] {
  const trimmed = files.map(({ path, source }) => ({ path: path.replace(/\/+$/, ''), source })).filter(({ path }) => path !== '');
  const inside = (a: VirtualFile, b: VirtualFile): boolean => `${a.path}/`.startsWith(`${b.path}/`);
  return trimmed.flatMap((file, i) => trimmed.slice(0, i).filter((other) => inside(other, file) || inside(file, other)).map((other) => `${textOf(file)} with ${textOf(other)}`));
}

function projectedFiles({ configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate }: VolumeProjection): VirtualFile[] {
  if (configMap?.items !== undefined) return filesOf(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? '')}`);
  if (secret?.items !== undefined) return filesOf(secret.items, `Secret ${JSON.stringify(secret.name ?? '')}`);
  if (downwardAPI?.items !== undefined) return filesOf(downwardAPI.items, 'DownwardAPI');
  if (serviceAccountToken !== undefined) return filesOf([serviceAccountToken], 'ServiceAccountToken');
  if (clusterTrustBundle !== undefined) return filesOf([clusterTrustBundle], `ClusterTrustBundle ${JSON.stringify(clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? '')}`);
  const { certificateChainPath = '', keyPath = '', credentialBundlePath = '' } = podCertificate ?? {};
  return [{ path: certificateChainPath, source: 'PodCertificate chain' }, { path: keyPath, source: 'PodCertificate key' }, { path: credentialBundlePath, source: 'PodCertificate credential bundle' }];
}

function overlapWarnings({ name, configMap, secret, downwardAPI, projected }: Volume): string[] {
  const say = (what: string, files: readonly VirtualFile[]): string[] => overlapsOf(files).map((overlap) => `volume ${JSON.stringify(name)} (${what}): overlapping paths: ${overlap}`);
  const sources = projected?.sources ?? [];
  return [
    ...say(`ConfigMap ${JSON.stringify(configMap?.name ?? '')}`, filesOf(configMap?.items)),
    ...say(`Secret ${JSON.stringify(secret?.secretName ?? '')}`, filesOf(secret?.items)),
    ...say('DownwardAPI', filesOf(downwardAPI?.items)),
    ...sources.filter((source) => Object.keys(source).length === 0).map(() => `volume ${JSON.stringify(name)} (Projected) has no sources provided`),
    ...say('Projected', sources.flatMap(projectedFiles)),
  ];
}

/** Warnings for volumes; `path` is that of the pod's spec. */
export function volumeWarnings(volumes: readonly Volume[] | undefined, path: string): string[] {
  if (volumes === undefined) return [];
  const deprecated = volumes.flatMap((volume, i) => {
    const at = `${path}.volumes[${i}]`;
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
    return [
      ...(Object.keys(volume) as (keyof Volume)[]).flatMap((field) => (deprecatedVolumes[field] === undefined ? [] : [`${at}.${volumePaths[field] ?? field}: ${deprecatedVolumes[field]}`])),
      ...(claim === undefined ? [] : claimSpecWarnings(claim, `${at}.ephemeral.volumeClaimTemplate.spec`)),
    ];
  });
  return [...deprecated, ...volumes.flatMap(overlapWarnings)];
}
