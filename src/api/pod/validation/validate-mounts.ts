/** Where containers mount the pod's volumes, and which block devices they see. */
import { forbidden, invalid, notFound, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import type { VolumeMount } from '../../types/core/v1.ts';
import type { AnyContainer, Errors, Volumes } from './rules.ts';
import { addDescendingPath } from './rules.ts';

const propagations = ['Bidirectional', 'HostToContainer', 'None'];
const recursions = ['Disabled', 'Enabled', 'IfPossible'];

function validatePropagation(mount: Loose<VolumeMount>, container: AnyContainer, path: string, errors: Errors): void {
  const { mountPropagation, recursiveReadOnly, readOnly } = mount;
  if (mountPropagation !== undefined) {
    if (!propagations.includes(mountPropagation)) errors.push(notSupported(`${path}.mountPropagation`, mountPropagation, propagations));
    if (mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
      errors.push(forbidden(`${path}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'));
    }
  }
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return;
  const at = `${path}.recursiveReadOnly`;
  if (!recursions.includes(recursiveReadOnly)) return void errors.push(notSupported(at, recursiveReadOnly, recursions));
  if (readOnly !== true) errors.push(forbidden(at, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') errors.push(forbidden(at, 'may only be specified when mountPropagation is None or not specified'));
}

export function validateVolumeMounts(container: AnyContainer, path: string, volumes: Volumes, errors: Errors): void {
  const { volumeMounts, volumeDevices } = container;
  if (volumeMounts === undefined) return;
  const seen = new Set<string>();
  volumeMounts.forEach((mount, i) => {
    const { name = '', mountPath = '', subPath = '', subPathExpr = '' } = mount;
    const at = `${path}[${i}]`;
    if (name === '') errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(notFound(`${at}.name`, name));
    if (mountPath === '') errors.push(required(`${at}.mountPath`));
    if (seen.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'));
    seen.add(mountPath);
    if (volumeDevices?.some((device) => device.name === name)) errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeDevices'));
    if (volumeDevices?.some((device) => device.devicePath === mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    // Upstream's path of these leaves the index out.
    if (subPath !== '') addDescendingPath(errors, `${path}.subPath`, subPath);
    if (subPathExpr !== '') {
      if (subPath !== '') errors.push(invalid(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
      addDescendingPath(errors, `${path}.subPathExpr`, subPathExpr);
    }
    validatePropagation(mount, container, path, errors);
  });
}

export function validateVolumeDevices(container: AnyContainer, path: string, volumes: Volumes, errors: Errors): void {
  const { volumeMounts, volumeDevices } = container;
  if (volumeDevices === undefined) return;
  const names = new Set<string>();
  const paths = new Set<string>();
  volumeDevices.forEach(({ name = '', devicePath = '' }, i) => {
    const at = `${path}[${i}]`;
    const volume = volumes.get(name);
    if (name === '') errors.push(required(`${at}.name`));
    if (names.has(name)) errors.push(invalid(`${at}.name`, name, 'must be unique'));
    if (volume === undefined) errors.push(notFound(`${at}.name`, name));
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      errors.push(invalid(`${at}.name`, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
    }
    if (devicePath === '') errors.push(required(`${at}.devicePath`));
    if (paths.has(devicePath)) errors.push(invalid(`${at}.devicePath`, devicePath, 'must be unique'));
    if (devicePath.split('/').includes('..')) errors.push(invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"));
    else paths.add(devicePath);
    if (volumeMounts?.some((mount) => mount.name === name)) errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeMounts'));
    if (volumeMounts?.some((mount) => mount.mountPath === devicePath)) errors.push(invalid(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'));
    if (name !== '') names.add(name);
  });
}
