import { RealClock } from '../base/real-clock.ts';
import { LineLogger } from '../base/logger.ts';
import { hostCapabilities } from '../host/capabilities.ts';
import { startNodeRuntime } from '../host/node-runtime.ts';
import type { NodeRuntime } from '../host/node-runtime.ts';
import { UsageError } from './options.ts';

/** The node's runtime, started if it is not running: images can be loaded before the cluster's first start. */
async function openRuntime(dataDir: string): Promise<NodeRuntime> {
  const capabilities = await hostCapabilities();
  if (capabilities.obstacle !== undefined) throw new UsageError(`there is no image store here: ${capabilities.obstacle}`);
  const clock = new RealClock();
  const logger = new LineLogger({ clock, level: 'error', write: (line) => process.stderr.write(`${line}\n`) });
  return startNodeRuntime({ dataDir, capabilities, clock, logger, usesWhatRuns: true });
}

/** `coxswain image load FILE…` */
export async function loadImages(files: readonly string[], dataDir: string): Promise<void> {
  await using node = await openRuntime(dataDir);
  for (const file of files) for (const name of await node.loadImageArchive(file)) process.stdout.write(`loaded ${name}\n`);
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)}kB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)}MB` : `${(bytes / 1e9).toFixed(2)}GB`;
}

/** `coxswain image ls` */
export async function listImages(dataDir: string): Promise<void> {
  await using node = await openRuntime(dataDir);
  const rows = (await node.runtime.listImages()).flatMap((image) => {
    const id = image.id.replace(/^sha256:/, '').slice(0, 12);
    return (image.repoTags.length > 0 ? image.repoTags : ['<none>:<none>']).map((tag) => {
      const colon = tag.lastIndexOf(':');
      return [tag.slice(0, colon), tag.slice(colon + 1), id, size(image.sizeBytes)];
    });
  }).sort((a, b) => (a[0]! + a[1]! < b[0]! + b[1]! ? -1 : 1));
  const table = [['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)) + 3);
  for (const row of table) process.stdout.write(`${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('').trimEnd()}\n`);
}
