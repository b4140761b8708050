import { readFile } from 'node:fs/promises';
import { runCommand } from './run-command.ts';

/** /proc writes blanks and backslashes as octal escapes. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

async function mountPoints(): Promise<{ readonly path: string; readonly type: string }[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table.split('\n').filter((line) => line !== '').map((line) => {
    const [left = '', right = ''] = line.split(' - ');
    return { path: unescape(left.split(' ')[4] ?? ''), type: right.split(' ')[0] ?? '' };
  });
}

/** Is a memory file system mounted right here? */
export async function isMemoryMount(path: string): Promise<boolean> {
  return (await mountPoints()).some((mount) => mount.path === path && mount.type === 'tmpfs');
}

/** Mounts memory over a directory; false when the machine does not let us. */
export async function mountTmpfs(path: string, sizeBytes: number | undefined): Promise<boolean> {
  if (await isMemoryMount(path)) return true;
  const options = sizeBytes === undefined ? [] : ['-o', `size=${sizeBytes}`];
  return (await runCommand('mount', ['-t', 'tmpfs', ...options, 'tmpfs', path])).ok;
}

/** Unmounts everything at and below a path, the deepest first. Rejects when something stays. */
export async function unmountBelow(path: string): Promise<void> {
  const below = (mounts: readonly { readonly path: string }[]): string[] => mounts.map((mount) => mount.path).filter((point) => point === path || point.startsWith(`${path}/`)).reverse();
  for (const point of below(await mountPoints())) {
    const { ok } = await runCommand('umount', [point]);
    if (!ok) await runCommand('umount', ['--lazy', point]);
  }
  const left = below(await mountPoints());
  if (left.length > 0) throw new Error(`still mounted: ${left.join(', ')}`);
}
