import type { Loose } from '../../meta/loose.ts';
import type { DownwardAPIVolumeFile, PersistentVolumeClaimSpec, Volume } from '../../types/core/v1.ts';
import { defaultPullPolicy, roundQuantities } from './container-defaults.ts';

/** 0644: what files of volumes get when the user says nothing. */
const defaultFileMode = 0o644;
const defaultTokenSeconds = 3600;

function defaultDownwardItems(items: readonly Loose<DownwardAPIVolumeFile>[] | undefined): void {
  for (const { fieldRef, resourceFieldRef } of items ?? []) {
    if (fieldRef !== undefined) fieldRef.apiVersion ||= 'v1';
    if (resourceFieldRef !== undefined) resourceFieldRef.divisor ??= '0';
  }
}

/** Fills in what the types of volumes leave out that pods and persistent volumes share, in place. */
export function applyVolumeSourceDefaults(volume: Loose<Volume>): void {
  if (volume.hostPath !== undefined) volume.hostPath.type ??= '';
  if (volume.iscsi !== undefined) volume.iscsi.iscsiInterface ||= 'default';
  if (volume.rbd !== undefined) {
    volume.rbd.pool ||= 'rbd';
    volume.rbd.user ||= 'admin';
    volume.rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (volume.azureDisk !== undefined) {
    volume.azureDisk.cachingMode ??= 'ReadWrite';
    volume.azureDisk.kind ??= 'Shared';
    volume.azureDisk.fsType ??= 'ext4';
    volume.azureDisk.readOnly ??= false;
  }
  if (volume.scaleIO !== undefined) {
    volume.scaleIO.storageMode ||= 'ThinProvisioned';
    volume.scaleIO.fsType ||= 'xfs';
  }
}

/** Fills in what a claim, or the template of one, leaves out, in place. */
export function applyClaimSpecDefaults(spec: Loose<PersistentVolumeClaimSpec>): void {
  spec.volumeMode ??= 'Filesystem';
  roundQuantities(spec.resources?.limits);
  roundQuantities(spec.resources?.requests);
}

/** Fills in what a volume leaves out, in place (upstream's SetDefaults_Volume and _…VolumeSource). */
export function applyVolumeDefaults(volume: Loose<Volume>): void {
  if (Object.keys(volume).every((field) => field === 'name')) volume.emptyDir = {};
  applyVolumeSourceDefaults(volume);
  if (volume.secret !== undefined) volume.secret.defaultMode ??= defaultFileMode;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= defaultFileMode;
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= defaultFileMode;
    defaultDownwardItems(volume.downwardAPI.items);
  }
  if (volume.projected !== undefined) {
    volume.projected.defaultMode ??= defaultFileMode;
    for (const source of volume.projected.sources ?? []) {
      if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= defaultTokenSeconds;
      defaultDownwardItems(source.downwardAPI?.items);
    }
  }
  if (volume.image !== undefined) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference);
  const claim = volume.ephemeral?.volumeClaimTemplate;
  if (claim !== undefined) applyClaimSpecDefaults((claim.spec ??= {}));
}
