import { access } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { HostCapabilities } from './capabilities.ts';
import { lastLine, runCommand } from './run-command.ts';

export interface ImageLoadOptions {
  readonly socketPath: string;
  readonly capabilities: HostCapabilities;
  readonly clock: Clock;
  readonly snapshotter: 'overlayfs' | 'native';
  /** Says whether the runtime knows the image: it hears of imports a moment later. */
  readonly isKnown: (image: string) => Promise<boolean>;
}

const settleTimeoutMs = 5_000;

/**
 * Imports one archive (of `docker save` or an OCI layout; optionally gzipped) into containerd's store for Kubernetes.
 * Returns the names that were imported, complete with registry and tag; they are usable when this resolves. Rejects with a
 * one-line error.
 */
export async function loadImageArchive(file: string, options: ImageLoadOptions): Promise<string[]> {
  const { ctr } = options.capabilities;
  if (ctr === undefined) throw new Error('cannot load images: ctr, which belongs to containerd, is not installed');
  await access(file).catch(() => { throw new Error(`cannot load ${file}: no such file, or not readable`); });
  const result = await runCommand(ctr, ['--address', options.socketPath, '--namespace', 'k8s.io', 'images', 'import', '--snapshotter', options.snapshotter, file]);
  if (result.exitCode !== 0) {
    const reason = lastLine(result.stderr).replace(/^ctr: /, '');
    throw new Error(`cannot load ${file}: ${/unrecognized|invalid tar|unexpected EOF/.test(reason) ? `not an image archive (${reason})` : reason}`);
  }
  // "unpacking docker.io/library/busybox:1.28 (sha256:…)...done" from 1.x; 2.x writes "NAME  saved" and progress lines.
  const names = new Set<string>();
  for (const line of result.stdout.split('\n')) {
    const name = /^unpacking (\S+) \(/.exec(line)?.[1] ?? /^(\S+[:@]\S+)\s+saved\b/.exec(line)?.[1];
    if (name !== undefined) names.add(name);
  }
  const deadline = options.clock.monotonicMs() + settleTimeoutMs;
  for (const name of names) {
    while (!(await options.isKnown(name)) && options.clock.monotonicMs() < deadline) await options.clock.sleep(5);
  }
  return [...names];
}
