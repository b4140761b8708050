import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { identityOf, isAlive } from '../host/processes.ts';
import type { ProcessIdentity } from '../host/processes.ts';
import { clusterPaths } from './layout.ts';

/** The process that runs a cluster on this data directory; undefined when none does. */
export function isServing(dataDir: string): number | undefined {
  try {
    const identity = JSON.parse(readFileSync(clusterPaths(dataDir).pid, 'utf8')) as ProcessIdentity;
    return isAlive(identity) ? identity.pid : undefined;
  } catch {
    return undefined;
  }
}

/** Says that this process runs the cluster; undone by disposing. */
export function writePidFile(dataDir: string): Disposable {
  const path = clusterPaths(dataDir).pid;
  const identity = identityOf(process.pid);
  if (identity !== undefined) writeFileSync(path, JSON.stringify(identity), { mode: 0o600 });
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}
