import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import type { Io } from '../io.ts';
import { fetchDiscovery } from './fetch-discovery.ts';
import type { Mapper } from './mapper.ts';
import { createMapper } from './mapper.ts';
import type { Discovery } from './resource.ts';

/** As long as upstream trusts what it has on the disk. */
const maxAgeMs = 6 * 3600 * 1000;
/** Of the file's form: another one is read as if there were none. */
const form = 1;

interface Kept { readonly form: number; readonly atMs: number; readonly discovery: Discovery }

function fileFor(server: string, { io, cacheFolder }: { readonly io: Io; readonly cacheFolder: string }): string {
  const folder = cacheFolder === '' ? io.environment['KUBECACHEDIR'] ?? join(io.home, '.kube', 'cache') : resolve(io.folder, cacheFolder);
  const { host, pathname } = new URL(server);
  return join(folder, 'discovery', `${host}${pathname}`.replaceAll(/[^A-Za-z0-9.]+/g, '_').replace(/_$/, ''), 'coxswain.json');
}

function read(file: string, nowMs: number): Discovery | undefined {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
    return kept.form === form && kept.atMs <= nowMs && nowMs - kept.atMs < maxAgeMs ? kept.discovery : undefined;
  } catch {
    // None yet, or one that another program cut short: the server is asked.
    return undefined;
  }
}

function keep(file: string, kept: Kept, suffix: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
    const temporary = `${file}.${suffix}`;
    writeFileSync(temporary, JSON.stringify(kept), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // A disk that is full or read-only makes the next call slower, and nothing worse.
  }
}

/** What the server has, from the disk where it is not older than six hours. */
export async function openMapper(options: { readonly connection: Connection; readonly io: Io; readonly cacheFolder: string }): Promise<Mapper> {
  const { connection, io } = options;
  const file = fileFor(connection.settings.server, options);
  const fetch = async (): Promise<Discovery> => {
    const discovery = await fetchDiscovery(connection);
    if (discovery.failed.length === 0) keep(file, { form, atMs: io.clock.now(), discovery }, io.random.suffix(8));
    return discovery;
  };
  const kept = read(file, io.clock.now());
  return createMapper({ discovery: kept ?? await fetch(), fresh: kept === undefined, fetch });
}
