import { chmod, lchown, lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GroupOwnership } from '../../host.ts';

/** "Leave it as it is", for chown. */
export const unchanged = 0xffff_ffff;

const readWrite = 0o660;
const readOnlyBits = 0o440;
const searchDirectory = 0o110;
const setGroupId = 0o2000;

/**
 * Gives a volume to a group, as fsGroup asks: files may be read (and written), directories hand their group down. What
 * the file system does not let us change is left as it is, as upstream does: the mount may map its owners itself.
 */
export async function giveToGroup(directory: string, { groupId, readOnly, onlyOnMismatch }: GroupOwnership): Promise<void> {
  const bits = readOnly ? readOnlyBits : readWrite;
  if (onlyOnMismatch && (await matches(directory, groupId, bits | searchDirectory))) return;
  await walk(directory, async (path) => {
    const found = await lstat(path);
    await lchown(path, unchanged, groupId).catch(() => {});
    // chmod would go through the link and change what the plugin has set.
    if (found.isSymbolicLink()) return;
    await chmod(path, (found.mode & 0o7777) | bits | (found.isDirectory() ? setGroupId | searchDirectory : 0)).catch(() => {});
  });
}

async function matches(directory: string, groupId: number, bits: number): Promise<boolean> {
  const root = await stat(directory);
  return root.isDirectory() && root.gid === groupId && (root.mode & bits) === bits && (root.mode & setGroupId) !== 0;
}

/** The directory comes last: it tells that all in it is done. */
async function walk(path: string, visit: (path: string) => Promise<void>): Promise<void> {
  const found = await lstat(path);
  if (found.isDirectory()) for (const name of await readdir(path)) await walk(join(path, name), visit);
  await visit(path);
}
