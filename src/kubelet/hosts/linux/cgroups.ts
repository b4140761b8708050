import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../../base/logger.ts';
import type { LinuxResources } from '../../../runtime/runtime.ts';
import type { HostCgroups } from '../../host.ts';
import { legacyUsage, number, unifiedUsage } from './cgroup-usage.ts';

const v1Controllers = ['cpu', 'cpuset', 'hugetlb', 'memory', 'pids'];
const v2Controllers = ['cpuset', 'cpu', 'hugetlb', 'io', 'memory', 'pids'];

/** The cgroup file system at `mount`, of version 2 or 1 (or both: then version 1 has the controllers). */
export function linuxCgroups(logger: Logger, mount = '/sys/fs/cgroup'): HostCgroups {
  const isV2 = existsSync(join(mount, 'cgroup.controllers'));
  return isV2 ? unified(logger, mount) : legacy(logger, mount);
}

/** A limit that the kernel or an outer container does not let us set is not worth a pod: it is logged. */
async function put(logger: Logger, file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: unknown) => logger.debug('cgroup setting refused', { file, text, error }));
}

/** Removes a cgroup and those below it, which must hold no processes. */
async function removeTree(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return;
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name));
  await rmdir(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}

async function podsBelow(top: string, root: string): Promise<{ readonly podUid: string; readonly parent: string }[]> {
  const levels = ['kubepods', 'kubepods/burstable', 'kubepods/besteffort'].map((level) => `${root}/${level}`);
  const found = await Promise.all(levels.map(async (level) => {
    const names = await readdir(join(top, level)).catch(() => []);
    return names.filter((name) => /^pod[0-9a-f]/.test(name)).map((name) => ({ podUid: name.slice(3), parent: `${level}/${name}` }));
  }));
  return found.flat();
}

function unified(logger: Logger, mount: string): HostCgroups {
  /** Makes every level of the path and lets the one below use the controllers. */
  const make = async (path: string): Promise<string> => {
    let current = mount;
    for (const part of path.split('/').filter((text) => text !== '')) {
      const available = (await readFile(join(current, 'cgroup.controllers'), 'utf8').catch(() => '')).trim().split(' ');
      for (const controller of v2Controllers) if (available.includes(controller)) await put(logger, join(current, 'cgroup.subtree_control'), `+${controller}`);
      current = join(current, part);
      await mkdir(current, { recursive: true });
    }
    return current;
  };
  return {
    async prepare(root, { cpuShares, memoryBytes }) {
      await make(`${root}/kubepods/burstable`);
      await put(logger, join(mount, `${root}/kubepods`, 'cpu.weight'), String(weightOf(cpuShares)));
      await put(logger, join(mount, `${root}/kubepods`, 'memory.max'), String(memoryBytes));
      const bestEffort = await make(`${root}/kubepods/besteffort`);
      await put(logger, join(bestEffort, 'cpu.weight'), '1');
    },
    weighBurstable: (root, cpuShares) => put(logger, join(mount, `${root}/kubepods/burstable`, 'cpu.weight'), String(weightOf(cpuShares))),
    async ensurePod(parent, resources, { pids } = {}) {
      const path = await make(parent);
      if (pids !== undefined) await put(logger, join(path, 'pids.max'), String(pids));
      await put(logger, join(path, 'cpu.weight'), String(weightOf(resources.cpuShares)));
      await put(logger, join(path, 'cpu.max'), `${resources.cpuQuota > 0 ? resources.cpuQuota : 'max'} ${resources.cpuPeriod}`);
      await put(logger, join(path, 'memory.max'), resources.memoryLimitBytes > 0 ? String(resources.memoryLimitBytes) : 'max');
      for (const { pageSize, bytes } of resources.hugePageLimits ?? []) if (existsSync(join(path, `hugetlb.${pageSize}.max`))) await put(logger, join(path, `hugetlb.${pageSize}.max`), String(bytes));
    },
    async readContainer(parent, containerId, expected) {
      const path = join(mount, parent, containerId);
      const [weight, max, memory] = await Promise.all([number(join(path, 'cpu.weight')), readFile(join(path, 'cpu.max'), 'utf8').catch(() => ''), number(join(path, 'memory.max'))]);
      if (weight === undefined) return undefined;
      const [quota = 'max', period] = max.trim().split(' ');
      const isExpected = weight === weightOf(expected.cpuShares) || weight === laterWeightOf(expected.cpuShares);
      return {
        ...expected,
        cpuShares: isExpected ? expected.cpuShares : sharesOfWeight(weight),
        cpuQuota: quota === 'max' ? 0 : Number(quota),
        cpuPeriod: Number(period ?? expected.cpuPeriod),
        memoryLimitBytes: memory ?? 0,
      };
    },
    usage: (path) => unifiedUsage(join(mount, path)),
    memoryUsage: (path) => number(join(mount, path, 'memory.current')),
    removePod: (parent) => removeTree(join(mount, parent)),
    listPods: (root) => podsBelow(mount, root),
  };
}

/** Shares 2..262144 to weight 1..10000 (KEP-2254). */
function weightOf(shares: number): number {
  return 1 + Math.floor(((shares - 2) * 9999) / 262_142);
}

/** The same as runtimes count since runc 1.3 and crun 1.23: 1024 shares are the default weight of 100. */
function laterWeightOf(shares: number): number {
  if (shares <= 2) return 1;
  const l = Math.log2(shares);
  return Math.min(10_000, Math.ceil(10 ** ((l * l + 125 * l) / 612 - 7 / 34)));
}

function sharesOfWeight(weight: number): number {
  return 2 + Math.floor(((weight - 1) * 262_142) / 9999);
}

/** What version 1 writes where there is no limit: the largest number of whole pages. */
const unlimitedBytes = 2 ** 62;

function legacy(logger: Logger, mount: string): HostCgroups {
  const present = v1Controllers.filter((controller) => existsSync(join(mount, controller)));
  const make = async (parent: string): Promise<void> => {
    for (const controller of present) {
      const path = join(mount, controller, parent);
      await mkdir(path, { recursive: true });
      if (controller === 'cpuset') await inheritCpuset(logger, join(mount, controller), parent);
    }
  };
  const set = async (controller: string, parent: string, file: string, text: string): Promise<void> => {
    if (present.includes(controller)) await put(logger, join(mount, controller, parent, file), text);
  };
  return {
    async prepare(root, { cpuShares, memoryBytes }) {
      for (const level of ['kubepods/burstable', 'kubepods/besteffort']) await make(`${root}/${level}`);
      await set('cpu', `${root}/kubepods`, 'cpu.shares', String(cpuShares));
      await set('memory', `${root}/kubepods`, 'memory.limit_in_bytes', String(memoryBytes));
      await set('cpu', `${root}/kubepods/besteffort`, 'cpu.shares', '2');
    },
    weighBurstable: (root, cpuShares) => set('cpu', `${root}/kubepods/burstable`, 'cpu.shares', String(cpuShares)),
    async ensurePod(parent, resources: LinuxResources, { pids } = {}) {
      await make(parent);
      if (pids !== undefined) await set('pids', parent, 'pids.max', String(pids));
      await set('cpu', parent, 'cpu.shares', String(resources.cpuShares));
      await set('cpu', parent, 'cpu.cfs_period_us', String(resources.cpuPeriod));
      await set('cpu', parent, 'cpu.cfs_quota_us', String(resources.cpuQuota > 0 ? resources.cpuQuota : -1));
      if (resources.memoryLimitBytes > 0) await set('memory', parent, 'memory.limit_in_bytes', String(resources.memoryLimitBytes));
      for (const { pageSize, bytes } of resources.hugePageLimits ?? []) await set('hugetlb', parent, `hugetlb.${pageSize}.limit_in_bytes`, String(bytes));
    },
    async readContainer(parent, containerId, expected) {
      const path = join(parent, containerId);
      const [shares, quota, period, memory] = await Promise.all([
        number(join(mount, 'cpu', path, 'cpu.shares')), number(join(mount, 'cpu', path, 'cpu.cfs_quota_us')), number(join(mount, 'cpu', path, 'cpu.cfs_period_us')), number(join(mount, 'memory', path, 'memory.limit_in_bytes')),
      ]);
      if (shares === undefined) return undefined;
      return { ...expected, cpuShares: shares, cpuQuota: Math.max(0, quota ?? 0), cpuPeriod: period ?? expected.cpuPeriod, memoryLimitBytes: memory === undefined || memory >= unlimitedBytes ? 0 : memory };
    },
    usage: (path) => legacyUsage(mount, path),
    memoryUsage: (path) => number(join(mount, 'memory', path, 'memory.usage_in_bytes')),
    async removePod(parent) {
      const controllers = await readdir(mount).catch(() => []);
      for (const controller of controllers) if (existsSync(join(mount, controller, parent))) await removeTree(join(mount, controller, parent));
    },
    async listPods(root) {
      const found = await Promise.all(present.map((controller) => podsBelow(join(mount, controller), root)));
      return [...new Map(found.flat().map((pod) => [pod.parent, pod])).values()];
    },
  };
}

/** A new cpuset has no processors at all until told so, level by level. */
async function inheritCpuset(logger: Logger, top: string, parent: string): Promise<void> {
  let current = top;
  for (const part of parent.split('/').filter((text) => text !== '')) {
    const next = join(current, part);
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const own = await readFile(join(next, file), 'utf8').catch(() => 'unknown');
      if (own.trim() === '') await put(logger, join(next, file), (await readFile(join(current, file), 'utf8')).trim());
    }
    current = next;
  }
}
