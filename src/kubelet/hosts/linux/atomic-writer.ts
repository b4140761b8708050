import { chmod, chown, lstat, mkdir, readFile, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TreeFile } from '../../host.ts';

/** "Leave it as it is", for chown. */
const unchanged = 0xffff_ffff;
const dataLink = '..data';
const newDataLink = '..data_tmp';

/**
 * Replaces the content of a volume at once, as upstream's AtomicWriter does: files are written into a directory of their
 * own, then the link `..data` is moved to it; the names that users see are links through `..data`. `stamp` names the
 * directory and must be new. Returns whether anything changed.
 */
export async function writeAtomically(target: string, files: ReadonlyMap<string, TreeFile>, options: { readonly stamp: string; readonly groupId: number | undefined; readonly userId: number | undefined }): Promise<boolean> {
  for (const path of files.keys()) checkPath(path);
  const old = await readlink(join(target, dataLink)).catch(() => undefined);
  if (old !== undefined && (await isSame(join(target, old), files))) return false;

  const fresh = `..${options.stamp}`;
  const directory = join(target, fresh);
  await mkdir(directory, { mode: 0o755 });
  await chmod(directory, options.groupId === undefined ? 0o755 : 0o2775);
  for (const [path, { data, mode }] of files) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data, { mode });
    if (options.userId !== undefined || options.groupId !== undefined) await chown(file, options.userId ?? unchanged, options.groupId ?? unchanged);
    // The file's mode is exact, whatever our umask is; a group that owns it may read it.
    await chmod(file, options.groupId === undefined ? mode : mode | 0o440);
  }
  await rm(join(target, newDataLink), { force: true });
  await symlink(fresh, join(target, newDataLink));
  await rename(join(target, newDataLink), join(target, dataLink));

  const wanted = new Set([...files.keys()].map((path) => path.split('/')[0]!));
  for (const name of wanted) {
    const link = join(target, name);
    const exists = await lstat(link).then(() => true, () => false);
    if (!exists) await symlink(join(dataLink, name), link);
  }
  for (const name of await readdir(target)) {
    if (name.startsWith('..')) {
      if (name !== dataLink && name !== fresh) await rm(join(target, name), { recursive: true, force: true });
    } else if (!wanted.has(name)) await rm(join(target, name), { recursive: true, force: true });
  }
  return true;
}

function checkPath(path: string): void {
  if (path === '' || path.startsWith('/') || path.startsWith('..') || path.split('/').some((part) => part === '..' || part === '')) throw new Error(`invalid path ${JSON.stringify(path)}: must be relative and stay inside the volume`);
}

async function isSame(directory: string, files: ReadonlyMap<string, TreeFile>): Promise<boolean> {
  const present = (await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])).filter((entry) => entry.isFile());
  if (present.length !== files.size) return false;
  for (const [path, { data, mode }] of files) {
    const file = join(directory, path);
    const stat = await lstat(file).catch(() => undefined);
    if (stat === undefined || (stat.mode & mode) !== mode || !Buffer.from(data).equals(await readFile(file))) return false;
  }
  return true;
}
