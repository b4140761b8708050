import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where everything of the real node lies. All of it is removed by `reset`. */
export interface HostPaths {
  readonly dataDir: string;
  readonly containerdDir: string;
  readonly configFile: string;
  readonly logFile: string;
  readonly pidFile: string;
  readonly rootDir: string;
  readonly stateDir: string;
  readonly runcRoot: string;
  /** Images that are mounted as volumes. */
  readonly imageMountsDir: string;
  readonly certsDir: string;
  readonly cniDir: string;
  readonly cniConfDir: string;
  /** Names the top cgroups that pods were put into. */
  readonly cgroupRootsFile: string;
  readonly socketPath: string;
  /** Outside of the data directory, when its path is too long for a socket; else undefined. */
  readonly shortDir: string | undefined;
}

/** sockaddr_un holds 108 bytes with the closing zero; containerd also listens at SOCKET.ttrpc. */
const maxSocketPathBytes = 107 - '.ttrpc'.length;

export function hostPaths(dataDirectory: string): HostPaths {
  const dataDir = resolve(dataDirectory);
  const containerdDir = join(dataDir, 'containerd');
  const socket = join(containerdDir, 'containerd.sock');
  const tooLong = Buffer.byteLength(socket) > maxSocketPathBytes;
  const shortDir = tooLong ? `/run/coxswain-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}` : undefined;
  return {
    dataDir,
    containerdDir,
    configFile: join(containerdDir, 'config.toml'),
    logFile: join(containerdDir, 'containerd.log'),
    pidFile: join(containerdDir, 'containerd.json'),
    rootDir: join(containerdDir, 'root'),
    stateDir: join(containerdDir, 'state'),
    runcRoot: join(containerdDir, 'state', 'runc'),
    imageMountsDir: join(containerdDir, 'image-mounts'),
    certsDir: join(dataDir, 'certs.d'),
    cniDir: join(dataDir, 'cni'),
    cniConfDir: join(dataDir, 'cni', 'net.d'),
    cgroupRootsFile: join(containerdDir, 'cgroups.json'),
    socketPath: shortDir === undefined ? socket : join(shortDir, 'containerd.sock'),
    shortDir,
  };
}

export function readCgroupRoots(paths: HostPaths): string[] {
  try {
    return (JSON.parse(readFileSync(paths.cgroupRootsFile, 'utf8')) as unknown[]).filter((root): root is string => typeof root === 'string' && /^[^/.][^/]*$/.test(root));
  } catch {
    return [];
  }
}

/** Remembers the top cgroup of a pod's parent ("kubepods" of "/kubepods/burstable/pod…"), for `reset`. */
export function recordCgroupRoot(paths: HostPaths, cgroupParent: string): void {
  const root = cgroupParent.split('/').find((part) => part !== '');
  if (root === undefined) return;
  const roots = existsSync(paths.cgroupRootsFile) ? readCgroupRoots(paths) : [];
  if (!roots.includes(root)) writeFileSync(paths.cgroupRootsFile, JSON.stringify([...roots, root]));
}
