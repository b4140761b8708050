import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, relative, resolve } from 'node:path';
import { KubectlError } from '../../errors.ts';
import type { Io } from '../../io.ts';
import type { TarEntry } from './tar-reader.ts';

export interface Extraction {
  readonly io: Io;
  /** Everything in the archive begins with it; what does not was tampered with. */
  readonly prefix: string;
  /** As the user named it. */
  readonly destination: string;
}

const within = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
};

/** True where a link on the way, or where the path itself is one, would lead what is written elsewhere. */
function leadsElsewhere(folder: string, path: string): boolean {
  for (let at = path; at !== folder && within(folder, at); at = dirname(at)) {
    try {
      if (lstatSync(at).isSymbolicLink()) return true;
    } catch {
      // Not there yet.
    }
  }
  return false;
}

/**
 * Writes what an archive from a container holds below the destination, with its modes and those links that stay there.
 * Whatever would be written elsewhere is passed over, and the user is told: the container may be anybody's.
 */
export async function extract(entries: AsyncIterable<TarEntry>, { io, prefix, destination }: Extraction): Promise<void> {
  const root = resolve(io.folder, destination);
  const modes: [string, number][] = [];
  for await (const { name, type, mode, linkName, content } of entries) {
    if (!name.startsWith(prefix)) throw new KubectlError('tar contents corrupted');
    const shown = normalize(join(destination, name.slice(prefix.length))).replace(/(.)\/$/, '$1');
    const path = resolve(io.folder, shown);
    if (!within(root, path) || leadsElsewhere(root, path)) {
      await io.stderr.write(`warning: file ${JSON.stringify(shown)} is outside target destination, skipping\n`);
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    if (type === 'folder') {
      mkdirSync(path, { recursive: true });
      modes.push([path, mode]);
    } else if (type === 'symlink') {
      if (isAbsolute(linkName) || !within(root, resolve(dirname(path), linkName))) await io.stderr.write(`warning: skipping symlink: ${JSON.stringify(shown)} -> ${JSON.stringify(linkName)}\n`);
      else {
        rmSync(path, { force: true });
        symlinkSync(linkName, path);
      }
    } else if (type === 'file') {
      const file = openSync(path, 'w');
      try {
        for await (const piece of content) writeSync(file, piece);
      } finally {
        closeSync(file);
      }
      chmodSync(path, mode);
    } else await io.stderr.write(`warning: skipping ${JSON.stringify(shown)}: it is neither a file nor a folder nor a symlink\n`);
  }
  // Folders last, the inner ones first: one that may not be written to is filled before.
  for (const [path, mode] of modes.reverse()) chmodSync(path, mode | 0o700);
}
