import { uidOf } from '../../../api/meta/object.ts';
import { compareQuantity, parseQuantity, value } from '../../../api/meta/quantity.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import { containersOf, specOf } from '../../pods/pod-spec.ts';
import { podLinuxResources } from '../../resources/linux-resources.ts';
import { fsGroupOwnership } from '../common/fs-group.ts';
import type { DirectoryPlugin, VolumeContext, VolumeStats } from '../volume-plugin.ts';

const hugePages = 'HugePages';
const resourcePrefix = 'hugepages-';

/** A directory that lives as long as the pod: on disk, in memory, or of huge pages. Its limit on a disk is watched by StorageLimits. */
export const emptyDir: DirectoryPlugin = {
  kind: 'directory',
  field: 'emptyDir',
  async mount(context, pod, volume) {
    const { files } = context.host;
    const hostPath = context.directories.volume(uidOf(pod), 'empty-dir', volume.name);
    const { medium = '', sizeLimit } = volume.emptyDir ?? {};
    const ready = context.directories.volumeReady(uidOf(pod), 'empty-dir', volume.name);
    let isNew = (await files.typeOf(ready)) === 'missing';
    await files.ensureDirectory(hostPath, 0o777);
    if (medium === 'Memory') {
      const made = await files.mountMemory(hostPath, { sizeBytes: memoryBytes(context, pod, sizeLimit) });
      if (made === 'impossible') throw new Error('not supported: emptyDir in memory: this machine does not let us mount tmpfs');
      // A reboot takes the memory and leaves the file that says that it was set up.
      isNew ||= made === 'mounted';
    } else if (medium === hugePages || medium.startsWith(`${hugePages}-`)) {
      await files.mount({ source: 'nodev', target: hostPath, type: 'hugetlbfs', options: [`pagesize=${pageSize(pod, medium)}`] });
    } else if (medium !== '') throw new Error(`unknown storage medium ${JSON.stringify(medium)}`);
    if (isNew) {
      const ownership = fsGroupOwnership(pod, { readOnly: false, followPolicy: false });
      if (ownership !== undefined) await files.giveToGroup(hostPath, ownership);
      await files.ensureDirectory(ready.slice(0, ready.lastIndexOf('/')), 0o750);
      await files.ensureFile(ready, 0o640);
    }
    // On a disk that is others', too, what lies in it is counted.
    const stats = async (): Promise<VolumeStats> => {
      const { inodesUsed, ...whole } = await files.fileSystem(hostPath);
      return medium === '' ? { ...whole, usedBytes: await files.diskUsage(hostPath) } : { ...whole, inodesUsed };
    };
    return { hostPath, readOnly: false, ...(!context.host.virtual && { stats }) };
  },
};

/** The least of what the volume may have, what the pod may have, and what the node gives to pods. */
function memoryBytes(context: VolumeContext, pod: Pod, sizeLimit: string | undefined): number | undefined {
  const limits = [value(context.facts().allocatable['memory'] ?? '0'), podLinuxResources(pod).memoryLimitBytes, value(sizeLimit ?? '0')].filter((bytes) => bytes > 0);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** The size of the medium's pages: its own, or that of the pages which the pod asks for. Throws, worded as upstream. */
function pageSize(pod: Pod, medium: string): string {
  const lists = [specOf(pod).resources?.requests, ...containersOf(pod).filter(({ role }) => role !== 'ephemeral').map(({ container }) => container.resources?.requests)];
  const asked = new Set(lists.flatMap((list) => Object.keys(list ?? {})).filter((name) => name.startsWith(resourcePrefix)).map((name) => name.slice(resourcePrefix.length)));
  if (medium === hugePages) {
    if (asked.size > 1) throw new Error(`medium: ${medium} can't be used if container requests multiple huge page sizes`);
    for (const size of asked) return size;
  } else {
    const wanted = medium.slice(hugePages.length + 1);
    for (const size of asked) if (parseQuantity(size) !== undefined && compareQuantity(size, wanted) === 0) return size;
  }
  throw new Error(`medium ${medium}: hugePages storage requested, but there is no resource request for huge pages`);
}
