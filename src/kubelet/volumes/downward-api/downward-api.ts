import { downwardFiles } from '../common/downward-files.ts';
import type { FilesPlugin } from '../volume-plugin.ts';

export const downwardApi: FilesPlugin = {
  kind: 'files',
  field: 'downwardAPI',
  directoryName: 'downward-api',
  inMemory: true,
  async collect(context, pod, volume) {
    const { items = [], defaultMode = 0o644 } = volume.downwardAPI ?? {};
    return { files: downwardFiles(pod, items, defaultMode, context.facts()) };
  },
};
