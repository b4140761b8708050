import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { identityOf, isAlive } from '../host/processes.ts';
import type { ProcessIdentity } from '../host/processes.ts';
import { clusterPaths } from './layout.ts';

/** What a process does with a data directory, of which one at a time may do it: an API server and a kubelet may share one. */
export type Occupation = 'pid' | 'kubeletPid';

/** The process that runs a cluster (or a kubelet alone) on this data directory; undefined when none does. */
export function isServing(dataDir: string, occupation: Occupation = 'pid'): number | undefined {
  try {
    const identity = JSON.parse(readFileSync(clusterPaths(dataDir)[occupation], 'utf8')) as ProcessIdentity;
    return isAlive(identity) ? identity.pid : undefined;
  } catch {
    return undefined;
  }
}

/** Says that this process runs the cluster, or the kubelet; undone by disposing. */
export function writePidFile(dataDir: string, occupation: Occupation = 'pid'): Disposable {
  const path = clusterPaths(dataDir)[occupation];
  const identity = identityOf(process.pid);
  if (identity !== undefined) writeFileSync(path, JSON.stringify(identity), { mode: 0o600 });
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}
