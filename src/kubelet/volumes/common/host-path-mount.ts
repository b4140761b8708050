import type { HostPathVolumeSource } from '../../../api/types/core/v1.ts';
import type { MountedVolume, VolumeContext } from '../volume-plugin.ts';

/** Throws for a path with `..` in it; `worded` makes the message of the problem. */
export function refuseBacksteps(path: string, worded: (problem: string) => string): void {
  if (path.split('/').includes('..')) throw new Error(worded("must not contain '..'"));
}

/** A path of the node itself, made or looked at as its type asks. Rejects, worded as upstream, when it is something else. */
export async function mountHostPath({ host }: VolumeContext, source: HostPathVolumeSource, readOnly = false): Promise<MountedVolume> {
  const { path, type = '' } = source;
  refuseBacksteps(path, (problem) => `invalid HostPath \`${path}\`: ${problem}`);
  const mounted = { hostPath: path, readOnly };
  if (host.virtual || type === '') return mounted;
  if (type === 'DirectoryOrCreate' && (await host.files.typeOf(path)) === 'missing') await host.files.ensureDirectory(path, 0o755);
  if (type === 'FileOrCreate' && (await host.files.typeOf(path)) === 'missing') await host.files.ensureFile(path, 0o644);
  const found = await host.files.typeOf(path);
  const fail = (what: string): never => { throw new Error(`hostPath type check failed: ${path} is not ${what}`); };
  switch (type) {
    case 'Directory':
    case 'DirectoryOrCreate':
      return found === 'directory' ? mounted : fail('a directory');
    case 'File':
    case 'FileOrCreate':
      return found === 'file' ? mounted : fail('a file');
    case 'Socket':
      return found === 'socket' ? mounted : fail('a socket file');
    case 'CharDevice':
      return found === 'char-device' ? mounted : fail('a character device');
    case 'BlockDevice':
      return found === 'block-device' ? mounted : fail('a block device');
    default:
      throw new Error(`${type} is an invalid volume type`);
  }
}
