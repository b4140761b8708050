import { watch } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../../base/logger.ts';
import type { StaticPodFiles } from '../../static-pods/static-pod-files.ts';

/** As upstream's maxConfigLength. */
const maxManifestBytes = 10 * 1024 * 1024;

/** The manifests in a directory, those that begin with a dot left out; or one, where the path is a file. */
export function linuxStaticPodFiles(path: string, logger: Logger): StaticPodFiles {
  const root = path.replace(/(.)\/+$/, '$1');
  return {
    async read() {
      const found = await stat(root).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (found === undefined) return new Map();
      if (!found.isDirectory()) return new Map([[root, await readManifest(root)]]);
      const texts = new Map<string, string>();
      for (const name of (await readdir(root)).filter((one) => !one.startsWith('.')).sort()) {
        const file = join(root, name);
        try {
          if ((await stat(file)).isFile()) texts.set(file, await readManifest(file));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') logger.error('a manifest could not be read', { path: file, error });
        }
      }
      return texts;
    },
    watch(onChange) {
      try {
        const watcher = watch(root, { persistent: false }, onChange);
        watcher.on('error', () => watcher.close());
        return () => watcher.close();
      } catch {
        // It may come to exist: then it is found when it is looked for.
        return () => {};
      }
    },
  };
}

async function readManifest(path: string): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (size > maxManifestBytes) throw new Error(`larger than ${maxManifestBytes} bytes`);
  return await file.readFile('utf8');
}
