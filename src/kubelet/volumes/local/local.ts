import { fsGroupOwnership } from '../common/fs-group.ts';
import { refuseBacksteps } from '../common/host-path-mount.ts';
import type { SourcePlugin } from '../volume-plugin.ts';

/** A directory of this node that an administrator has set aside for a persistent volume. Raw devices are not mounted. */
export const local: SourcePlugin = {
  field: 'local',
  async mount({ host }, { pod, name, source, readOnly }) {
    const hostPath = source.local?.path ?? '';
    if (hostPath === '') throw new Error(`LocalVolume volume ${JSON.stringify(name)} path is empty`);
    refuseBacksteps(hostPath, (problem) => `invalid path: ${hostPath} ${problem}`);
    const found = host.virtual ? 'directory' : await host.files.typeOf(hostPath);
    if (found === 'missing') throw new Error(`path ${JSON.stringify(hostPath)} does not exist`);
    if (found === 'block-device') throw new Error(`not supported: the file system on block device ${hostPath}`);
    if (found !== 'directory') throw new Error('only directory and block device are supported');
    const ownership = fsGroupOwnership(pod, { readOnly, followPolicy: true });
    if (ownership !== undefined && !readOnly) await host.files.giveToGroup(hostPath, ownership);
    return { hostPath, readOnly };
  },
};
