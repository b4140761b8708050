import { mountHostPath } from '../common/host-path-mount.ts';
import type { DirectoryPlugin } from '../volume-plugin.ts';

/** A path of the node itself. */
export const hostPath: DirectoryPlugin = {
  kind: 'directory',
  field: 'hostPath',
  mount: (context, _pod, volume) => mountHostPath(context, volume.hostPath ?? { path: '' }),
};
