import { csi } from './csi/csi.ts';
import { hostPath } from './host-path/host-path.ts';
import { local } from './local/local.ts';
import { nfs } from './nfs/nfs.ts';
import { VolumeError } from './volume-plugin.ts';
import type { MountedVolume, SourcePlugin, SourceRequest, VolumeContext } from './volume-plugin.ts';

/** Storage that pods reach directly or through claims. */
export const sourcePlugins: readonly SourcePlugin[] = [hostPath, local, nfs, csi];

/** Mounts by the plugin that knows the source; undefined when none does. */
export async function mountSource(context: VolumeContext, request: SourceRequest): Promise<MountedVolume | undefined> {
  const plugin = sourcePlugins.find(({ field }) => request.source[field] !== undefined);
  if (request.isBlock && plugin !== undefined && plugin !== csi && plugin !== local) throw new VolumeError('unsupported', `not supported: volume ${JSON.stringify(request.name)} as a block device`);
  return plugin?.mount(context, request);
}
