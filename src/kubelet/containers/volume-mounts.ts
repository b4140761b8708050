import { uidOf } from '../../api/meta/object.ts';
import type { Container, Pod, VolumeMount } from '../../api/types/core/v1.ts';
import type { ContainerConfig, Mount } from '../../runtime/runtime.ts';
import { ContainerConfigError } from '../environment/environment.ts';
import { expand } from '../environment/expansion.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import type { PodVolumes } from '../volumes/volume-manager.ts';
import { resolveRecursiveReadOnly } from './recursive-read-only.ts';

const maxEnvFileBytes = 1024 * 1024;

export interface VolumeMountInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly volumes: PodVolumes;
  readonly environment: ReadonlyMap<string, string>;
}

/** A container's volumes as the runtime is asked for them; mounts the parts that sub-paths ask for. Rejects with ContainerConfigError. */
export async function volumeMounts(context: KubeletContext, input: VolumeMountInput): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const [index, mount] of (input.container.volumeMounts ?? []).entries()) mounts.push(await volumeMount(context, input, mount, index));
  return mounts;
}

/** A container's volumes that it sees as devices. Throws ContainerConfigError for one that is not there. */
export function volumeDevices(container: Container, { mounted }: PodVolumes): ContainerConfig['devices'] {
  return (container.volumeDevices ?? []).map(({ name, devicePath }) => {
    const volume = mounted.get(name);
    if (volume === undefined) throw new ContainerConfigError(`cannot find volume ${JSON.stringify(name)} to pass into container ${JSON.stringify(container.name)}`);
    return { hostPath: volume.hostPath, containerPath: devicePath, permissions: volume.readOnly ? 'r' : 'mrw' };
  });
}

/** The text of a file in a volume, which containers that ran before may have written. Rejects with ContainerConfigError. */
export async function volumeFile({ host, logger }: KubeletContext, { mounted }: PodVolumes, volumeName: string, path: string): Promise<string> {
  const volume = mounted.get(volumeName);
  if (volume === undefined) throw new ContainerConfigError(`cannot find the volume ${JSON.stringify(volumeName)} referenced by FileKeyRef`);
  try {
    return await host.files.readInside(volume.hostPath, path, maxEnvFileBytes);
  } catch (error) {
    logger.warn('a file of environment variables could not be read', { volume: volumeName, path, error });
    throw new ContainerConfigError("couldn't parse env file");
  }
}

async function volumeMount(context: KubeletContext, input: VolumeMountInput, mount: VolumeMount, index: number): Promise<Mount> {
  const { container, volumes, environment } = input;
  const volume = volumes.mounted.get(mount.name);
  if (volume === undefined) throw new ContainerConfigError(`cannot find volume ${JSON.stringify(mount.name)} to mount into container ${JSON.stringify(container.name)}`);
  const subPath = mount.subPathExpr === undefined || mount.subPathExpr === '' ? (mount.subPath ?? '') : expandSubPath(mount.subPathExpr, environment);
  checkSubPath(subPath);
  let { hostPath } = volume;
  if (subPath !== '' && volume.imageRef === undefined) hostPath = await bindSubPath(context, input, { mount, index, volumePath: hostPath, subPath });
  const recursiveReadOnly = resolveRecursiveReadOnly(mount, mount.readOnly === true && context.mountsRecursively());
  return {
    containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
    hostPath,
    readOnly: mount.readOnly === true || volume.readOnly,
    propagation: propagationOf(mount),
    ...(recursiveReadOnly && { recursiveReadOnly }),
    ...(volume.imageRef !== undefined && { image: { ref: volume.imageRef, subPath } }),
  };
}

/** The messages do not say what is in the way: that would tell users of the node's files. */
async function bindSubPath({ host, directories, logger }: KubeletContext, { pod, container }: VolumeMountInput, { mount, index, volumePath, subPath }: { mount: VolumeMount; index: number; volumePath: string; subPath: string }): Promise<string> {
  if (host.virtual) return `${volumePath}/${subPath}`;
  const target = directories.volumeSubPath(uidOf(pod), mount.name, container.name, index);
  try {
    await host.files.bindSubPath({ volumePath, subPath, target });
  } catch (error) {
    logger.warn('a part of a volume could not be mounted', { container: container.name, volume: mount.name, error });
    const { step = 'prepare' } = error as { readonly step?: 'create' | 'prepare' };
    throw new ContainerConfigError(step === 'create'
      ? `failed to create subPath directory for volumeMount ${JSON.stringify(mount.name)} of container ${JSON.stringify(container.name)}`
      : `failed to prepare subPath for volumeMount ${JSON.stringify(mount.name)} of container ${JSON.stringify(container.name)}`);
  }
  return target;
}

function checkSubPath(subPath: string): void {
  if (subPath === '') return;
  if (subPath.startsWith('/')) throw new ContainerConfigError(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..')) throw new ContainerConfigError(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
}

function expandSubPath(expression: string, environment: ReadonlyMap<string, string>): string {
  const missing = new Set<string>();
  const path = expand(expression, (name) => {
    const value = environment.get(name);
    if (value === undefined || value === '') missing.add(name);
    return value;
  });
  if (missing.size > 0) throw new ContainerConfigError(`missing value for ${[...missing].sort().join(', ')}`);
  return path;
}

function propagationOf({ mountPropagation }: VolumeMount): Mount['propagation'] {
  switch (mountPropagation) {
    case undefined:
    case 'None':
      return 'private';
    case 'HostToContainer':
      return 'host-to-container';
    case 'Bidirectional':
      return 'bidirectional';
    default:
      throw new ContainerConfigError(`invalid MountPropagation mode: ${JSON.stringify(mountPropagation)}`);
  }
}
