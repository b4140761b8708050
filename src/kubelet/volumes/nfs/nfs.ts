import { uidOf } from '../../../api/meta/object.ts';
import type { SourcePlugin } from '../volume-plugin.ts';

/** A directory that another machine exports. Mounted by the system's mount(8), which needs its helper mount.nfs. */
export const nfs: SourcePlugin = {
  field: 'nfs',
  async mount({ host, directories }, { pod, name, source, readOnly, mountOptions }) {
    const { server = '', path = '' } = source.nfs ?? {};
    const hostPath = directories.volume(uidOf(pod), 'nfs', name);
    await host.files.ensureDirectory(hostPath, 0o750);
    const options = [...new Set([...mountOptions, ...(readOnly ? ['ro'] : [])])];
    try {
      await host.files.mount({ source: `${server.includes(':') ? `[${server}]` : server}:${path}`, target: hostPath, type: 'nfs', options });
    } catch (error) {
      await host.files.removeTree(hostPath);
      throw error;
    }
    return { hostPath, readOnly, stats: () => host.files.fileSystem(hostPath) };
  },
};
