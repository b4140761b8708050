import { uidOf } from '../../../api/meta/object.ts';
import { value } from '../../../api/meta/quantity.ts';
import { specOf } from '../../pods/pod-spec.ts';
import type { DirectoryPlugin } from '../volume-plugin.ts';

/** A directory that lives as long as the pod, on disk or in memory. `sizeLimit` bounds those in memory; disks are not metered. */
export const emptyDir: DirectoryPlugin = {
  kind: 'directory',
  field: 'emptyDir',
  async mount({ host, directories }, pod, volume) {
    const hostPath = directories.volume(uidOf(pod), 'empty-dir', volume.name);
    const { medium = '', sizeLimit } = volume.emptyDir ?? {};
    if (medium !== '' && medium !== 'Memory') throw new Error(`not supported: emptyDir of medium ${JSON.stringify(medium)}`);
    await host.files.ensureDirectory(hostPath, 0o777);
    if (medium === 'Memory' && !(await host.files.mountMemory(hostPath, { sizeBytes: sizeLimit === undefined ? undefined : value(sizeLimit) }))) throw new Error('not supported: emptyDir in memory: this machine does not let us mount tmpfs');
    const { fsGroup } = specOf(pod).securityContext ?? {};
    if (fsGroup !== undefined) await host.files.changeGroup(hostPath, fsGroup);
    return { hostPath, readOnly: false };
  },
};
