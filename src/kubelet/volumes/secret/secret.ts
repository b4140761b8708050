import type { KeyToPath, Secret } from '../../../api/types/core/v1.ts';
import type { TreeFile } from '../../host.ts';
import { pickFiles } from '../config-map/config-map.ts';
import type { FilesPlugin } from '../volume-plugin.ts';

/** The files that a secret gives. Throws for a key that is missing. */
export function secretFiles(secret: Secret | undefined, options: { readonly items: readonly KeyToPath[] | undefined; readonly mode: number; readonly optional: boolean }): Map<string, TreeFile> {
  const data = new Map(Object.entries(secret?.data ?? {}).map(([key, encoded]) => [key, Buffer.from(encoded, 'base64') as Uint8Array]));
  return pickFiles(data, { ...options, missing: (key) => `references non-existent secret key: ${key}` });
}

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
