import { secretFiles } from '../common/object-files.ts';
import type { FilesPlugin } from '../volume-plugin.ts';

export const secretVolume: FilesPlugin = {
  kind: 'files',
  field: 'secret',
  directoryName: 'secret',
  inMemory: true,
  async collect(context, pod, volume) {
    const { secretName = '', items, defaultMode = 0o644, optional = false } = volume.secret ?? {};
    const secret = await context.secret(pod, secretName);
    if (secret === undefined && !optional) throw new Error(`secret ${JSON.stringify(secretName)} not found`);
    return { files: secretFiles(secret, { items, mode: defaultMode, optional }) };
  },
};
