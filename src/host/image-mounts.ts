import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, realpath, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageMounter } from '../runtime/containerd/image-mounter.ts';
import { mountsBelow } from './mounts.ts';
import { lastLine, runCommand } from './run-command.ts';

export interface ImageMountsOptions {
  /** Where images are mounted: a directory a sandbox. */
  readonly directory: string;
  readonly socketPath: string;
  readonly ctr: string | undefined;
  readonly snapshotter: 'overlayfs' | 'native';
}

/** Mounts images by containerd's own tool: a read-only view of the snapshots that its images consist of. */
export function imageMounts({ directory, socketPath, ctr, snapshotter }: ImageMountsOptions): ImageMounter {
  const images = (...args: string[]): ReturnType<typeof runCommand> => runCommand(ctr ?? 'ctr', ['--address', socketPath, '--namespace', 'k8s.io', 'images', ...args]);
  return {
    async mount({ sandboxId, imageRef, subPath }) {
      const target = join(directory, sandboxId, createHash('sha256').update(imageRef).digest('hex').slice(0, 32));
      if (!mountsBelow(directory).includes(target)) {
        await mkdir(target, { recursive: true, mode: 0o755 });
        const { exitCode, stderr } = await images('mount', '--snapshotter', snapshotter, imageRef, target);
        if (exitCode !== 0) throw new Error(`image ${imageRef} cannot be mounted: ${lastLine(stderr)}`);
      }
      const root = await realpath(target);
      const part = await realpath(join(root, subPath));
      if (part !== root && !part.startsWith(`${root}/`)) throw new Error(`${JSON.stringify(subPath)} leads out of image ${imageRef}`);
      return part;
    },
    async release(sandboxId) {
      const own = join(directory, sandboxId);
      if (!existsSync(own)) return;
      for (const name of await readdir(own)) {
        // With its snapshot; a mount that a reboot took away leaves the snapshot to containerd's own collection.
        await images('unmount', '--rm', join(own, name));
        await runCommand('umount', ['--no-canonicalize', '--lazy', join(own, name)]);
        await rmdir(join(own, name));
      }
      await rmdir(own);
    },
  };
}
