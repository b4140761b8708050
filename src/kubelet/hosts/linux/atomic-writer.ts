import { chmod, chown, lstat, mkdir, readFile, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { TreeFile } from '../../host.ts';
import { giveToGroup, unchanged } from './ownership.ts';

const dataLink = '..data';
const newDataLink = '..data_tmp';
const maxFileNameLength = 255;
const maxPathLength = 4096;

/**
 * Replaces the content of a volume at once, as upstream's AtomicWriter does: files are written into a directory of their
 * own, then the link `..data` is moved to it; the names that users see are links through `..data`. `stamp` names the
 * directory and must be new. Directories that others made in the volume, as mount points, stay. Returns whether anything
 * changed.
 */
export async function writeAtomically(target: string, files: ReadonlyMap<string, TreeFile>, options: { readonly stamp: string; readonly groupId: number | undefined }): Promise<boolean> {
  const clean = new Map<string, TreeFile>();
  for (const [path, file] of files) {
    checkPath(path);
    clean.set(normalize(path), file);
  }
  const old = await readlink(join(target, dataLink)).catch(() => undefined);
  const same = old !== undefined && (await isSame(join(target, old), clean));
  const current = same ? old : await publish(target, clean, options);
  // Also when the files are the same: an earlier write may have been cut short before its links were made.
  await link(target, new Set([...clean.keys()].map((path) => path.split('/')[0]!)), current);
  return !same;
}

/** Writes the files and moves `..data` to them; returns the name of their directory. */
async function publish(target: string, files: ReadonlyMap<string, TreeFile>, { stamp, groupId }: { readonly stamp: string; readonly groupId: number | undefined }): Promise<string> {
  const fresh = `..${stamp}`;
  const directory = join(target, fresh);
  await mkdir(directory, { mode: 0o755 });
  await chmod(directory, 0o755);
  for (const [path, { data, mode, userId }] of files) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data, { mode });
    // The file's mode is exact, whatever our umask is.
    await chmod(file, mode);
    if (userId !== undefined) await chown(file, userId, unchanged);
  }
  // The whole volume, since its own directory is the group's, too.
  if (groupId !== undefined) await giveToGroup(target, { groupId, readOnly: true, onlyOnMismatch: false });
  await rm(join(target, newDataLink), { force: true });
  await symlink(fresh, join(target, newDataLink));
  await rename(join(target, newDataLink), join(target, dataLink));
  return fresh;
}

/** Makes the names that users see, and removes those that are no longer wanted, with the directories of earlier writes. */
async function link(target: string, wanted: ReadonlySet<string>, current: string): Promise<void> {
  const present = new Set(await readdir(target));
  for (const name of wanted) if (!present.has(name)) await symlink(join(dataLink, name), join(target, name));
  for (const name of present) {
    if (name === dataLink || name === current || wanted.has(name)) continue;
    if (name.startsWith('..')) await rm(join(target, name), { recursive: true, force: true });
    else if ((await readlink(join(target, name)).catch(() => '')).startsWith(`${dataLink}/`)) await rm(join(target, name), { force: true });
  }
}

/** Throws, worded as upstream, for a path that would leave the volume or hide in it. */
function checkPath(path: string): void {
  if (path === '') throw new Error('invalid path: must not be empty: ""');
  if (path.startsWith('/')) throw new Error(`invalid path: must be relative path: ${path}`);
  if (path.length > maxPathLength) throw new Error(`invalid path: must be less than or equal to ${maxPathLength} characters`);
  const parts = path.split('/');
  if (parts.includes('..')) throw new Error(`invalid path: must not contain '..': ${path}`);
  if (parts.some((part) => part.length > maxFileNameLength)) throw new Error(`invalid path: filenames must be less than or equal to ${maxFileNameLength} characters`);
  if (path.startsWith('..')) throw new Error(`invalid path: must not start with '..': ${path}`);
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
