import { uidOf } from '../../../api/meta/object.ts';
import { fsGroupOwnership } from '../common/fs-group.ts';
import { refuseBacksteps } from '../common/host-path-mount.ts';
import { mapDevice, unmapDevice } from '../common/map-device.ts';
import type { SourcePlugin } from '../volume-plugin.ts';
import { VolumeError } from '../volume-plugin.ts';

/** A directory of this node that an administrator has set aside for a persistent volume, or a device: as it is, or with its file system mounted. */
export const local: SourcePlugin = {
  field: 'local',
  async mount(context, request) {
    const { host, directories } = context;
    const { pod, name, source, readOnly, isBlock, mountOptions } = request;
    const path = source.local?.path ?? '';
    if (path === '') throw new Error(`LocalVolume volume ${JSON.stringify(name)} path is empty`);
    refuseBacksteps(path, (problem) => `invalid path: ${path} ${problem}`);
    if (isBlock) return { ...await mapDevice(context, request, 'local-volume', path), stats: async () => ({ capacityBytes: await host.devices.sizeOf(path) }) };
    const found = host.virtual ? 'directory' : await host.files.typeOf(path);
    if (found === 'missing') throw new Error(`path ${JSON.stringify(path)} does not exist`);
    let hostPath = path;
    if (found === 'block-device') {
      hostPath = directories.volume(uidOf(pod), 'local-volume', name);
      await host.files.ensureDirectory(hostPath, 0o750);
      await host.devices.mountFormatted({ source: path, target: hostPath, type: source.local?.fsType ?? '', options: [...(readOnly ? ['ro'] : []), ...mountOptions] })
        .catch((error: unknown) => { throw new VolumeError('device', `local: failed to mount device ${path} at ${hostPath} (fstype: ${source.local?.fsType ?? ''}), error ${(error as Error).message}`, { volumeName: name, cause: error }); });
    } else if (found !== 'directory') throw new Error('only directory and block device are supported');
    const ownership = fsGroupOwnership(pod, { readOnly, followPolicy: true });
    if (ownership !== undefined && !readOnly) await host.files.giveToGroup(hostPath, ownership);
    return { hostPath, readOnly, stats: () => host.files.fileSystem(hostPath) };
  },
  async unmount(context, podUid) {
    const { host, directories } = context;
    for (const name of await host.files.list(directories.volumeDevices(podUid, 'local-volume'))) await unmapDevice(context, podUid, 'local-volume', name);
  },
};
