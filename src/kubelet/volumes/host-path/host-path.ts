import { mountHostPath } from '../common/host-path-mount.ts';
import type { SourcePlugin } from '../volume-plugin.ts';

/** A path of the node itself. */
export const hostPath: SourcePlugin = {
  field: 'hostPath',
  mount: (context, { source, readOnly }) => mountHostPath(context, source.hostPath ?? { path: '' }, readOnly),
};
