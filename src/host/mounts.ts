import { existsSync, lstatSync, readFileSync, readdirSync, realpathSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

/** /proc writes blanks and backslashes as octal escapes. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Mount points strictly below the folder, deepest (latest) first. One may occur several times: mounts stack. */
export function mountsBelow(folder: string): string[] {
  const real = existsSync(folder) ? realpathSync(folder) : folder;
  const points = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => unescape(line.split(' ')[4] ?? ''));
  return points.filter((point) => point.startsWith(`${real}/`)).reverse();
}

/** Mount points that the administrator set up: not ours, whatever folder they lie in. */
function fstabPoints(): Set<string> {
  if (!existsSync('/etc/fstab')) return new Set();
  return new Set(readFileSync('/etc/fstab', 'utf8').split('\n').filter((line) => !line.trimStart().startsWith('#')).map((line) => unescape(line.trim().split(/\s+/)[1] ?? '')));
}

/** Unmounts everything below the folder except what /etc/fstab names. Returns what could not be unmounted. */
export async function unmountBelow(folder: string): Promise<string[]> {
  const keep = fstabPoints();
  for (const point of mountsBelow(folder)) {
    if (keep.has(point)) continue;
    const result = await runCommand('umount', ['--no-canonicalize', point]);
    // Busy: someone's working directory. A lazy unmount takes it out of the tree, so that nothing below it is deleted.
    if (result.exitCode !== 0) await runCommand('umount', ['--no-canonicalize', '--lazy', point]);
  }
  return mountsBelow(folder);
}

/**
 * Removes a folder and all that is in it, never entering or removing a mount point. Returns the paths that it left because
 * something is mounted there. A missing folder is no error; symbolic links are removed, not followed.
 */
export function removeTree(path: string): string[] {
  const mounted = new Set(mountsBelow(path));
  const real = existsSync(path) ? realpathSync(path) : path;
  const left: string[] = [];
  const remove = (current: string): boolean => {
    if (mounted.has(current)) {
      left.push(current);
      return false;
    }
    const stat = lstatSync(current, { throwIfNoEntry: false });
    if (stat === undefined) return true;
    if (!stat.isDirectory()) {
      unlinkSync(current);
      return true;
    }
    let empty = true;
    for (const name of readdirSync(current)) empty = remove(join(current, name)) && empty;
    if (empty) rmdirSync(current);
    return empty;
  };
  remove(lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? path : real);
  return left;
}
