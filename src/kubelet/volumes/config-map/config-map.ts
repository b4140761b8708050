import { configMapFiles } from '../common/object-files.ts';
import type { FilesPlugin } from '../volume-plugin.ts';

export const configMapVolume: FilesPlugin = {
  kind: 'files',
  field: 'configMap',
  directoryName: 'configmap',
  inMemory: false,
  async collect(context, pod, volume) {
    const { name = '', items, defaultMode = 0o644, optional = false } = volume.configMap ?? {};
    const configMap = await context.configMap(pod, name);
    if (configMap === undefined && !optional) throw new Error(`configmap ${JSON.stringify(name)} not found`);
    return { files: configMapFiles(configMap, { items, mode: defaultMode, optional }) };
  },
};
