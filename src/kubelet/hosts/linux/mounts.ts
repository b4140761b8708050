import { readFile } from 'node:fs/promises';
import type { MemoryMount, MountRequest } from '../../host.ts';
import { runQuickly } from './quick-commands.ts';
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

/** Is something mounted right here? Of a type, where one is given. */
export async function isMountPoint(path: string, type?: string): Promise<boolean> {
  return (await mountPoints()).some((mount) => mount.path === path && (type === undefined || mount.type === type));
}

/** Mounts memory over a directory. */
export async function mountTmpfs(path: string, sizeBytes: number | undefined): Promise<MemoryMount> {
  if (await isMountPoint(path, 'tmpfs')) return 'present';
  const options = sizeBytes === undefined ? [] : ['-o', `size=${sizeBytes}`];
  return (await runQuickly('mount', ['-t', 'tmpfs', ...options, 'tmpfs', path])).ok ? 'mounted' : 'impossible';
}

/** Mounts one file or directory at the place of another. Rejects with Error. */
export async function bindMount(source: string, target: string): Promise<void> {
  const { ok, stderr } = await runQuickly('mount', ['--no-canonicalize', '-o', 'bind', source, target]);
  if (!ok) throw new Error(stderr);
}

/** Mounts a file system unless one is mounted there. Rejects with what mount(8) says, as upstream tells it. */
export async function mountFileSystem({ source, target, type, options }: MountRequest): Promise<void> {
  if (await isMountPoint(target)) return;
  const args = ['-t', type, ...(options.length > 0 ? ['-o', options.join(',')] : []), source, target];
  const { ok, stderr, exitCode } = await runCommand('mount', args);
  if (!ok) throw new Error(`mount failed: ${exitCode === undefined ? stderr : `exit status ${exitCode}`}\nMounting command: mount\nMounting arguments: ${args.join(' ')}\nOutput: ${stderr}\n`);
}

/** Unmounts everything at and below a path, the deepest first. Rejects when something stays. */
export async function unmountBelow(path: string): Promise<void> {
  const below = async (): Promise<string[]> => (await mountPoints()).map((mount) => mount.path).filter((point) => point === path || point.startsWith(`${path}/`)).reverse();
  const points = await below();
  if (points.length === 0) return;
  // All at once: a pod has many volumes, and a process for each would be felt.
  const { ok } = await runQuickly('umount', ['--no-canonicalize', ...points]);
  if (ok) return;
  for (const point of await below()) await runCommand('umount', ['--no-canonicalize', '--lazy', point]);
  const left = await below();
  if (left.length > 0) throw new Error(`still mounted: ${left.join(', ')}`);
}
