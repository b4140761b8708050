import type { ConfigMap, KeyToPath, Secret } from '../../../api/types/core/v1.ts';
import type { TreeFile } from '../../host.ts';

/** The files that a config map gives; all keys, or those that `items` picks. Throws for a key that is missing. */
export function configMapFiles(configMap: ConfigMap | undefined, options: { readonly items: readonly KeyToPath[] | undefined; readonly mode: number; readonly optional: boolean }): Map<string, TreeFile> {
  const data = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(configMap?.data ?? {})) data.set(key, Buffer.from(text, 'utf8'));
  for (const [key, encoded] of Object.entries(configMap?.binaryData ?? {})) data.set(key, Buffer.from(encoded, 'base64'));
  return pickFiles(data, { ...options, missing: (key) => `configmap references non-existent config key: ${key}` });
}

/** Keys to files, for everything that maps keys to paths. */
function pickFiles(data: ReadonlyMap<string, Uint8Array>, options: { readonly items: readonly KeyToPath[] | undefined; readonly mode: number; readonly optional: boolean; missing(key: string): string }): Map<string, TreeFile> {
  const files = new Map<string, TreeFile>();
  if (options.items === undefined || options.items.length === 0) {
    for (const [key, bytes] of data) files.set(key, { data: bytes, mode: options.mode });
    return files;
  }
  for (const { key, path, mode } of options.items) {
    const bytes = data.get(key);
    if (bytes === undefined) {
      if (options.optional) continue;
      throw new Error(options.missing(key));
    }
    files.set(path, { data: bytes, mode: mode ?? options.mode });
  }
  return files;
}

/** The files that a secret gives. Throws for a key that is missing. */
export function secretFiles(secret: Secret | undefined, options: { readonly items: readonly KeyToPath[] | undefined; readonly mode: number; readonly optional: boolean }): Map<string, TreeFile> {
  const data = new Map(Object.entries(secret?.data ?? {}).map(([key, encoded]) => [key, Buffer.from(encoded, 'base64') as Uint8Array]));
  return pickFiles(data, { ...options, missing: (key) => `references non-existent secret key: ${key}` });
}
