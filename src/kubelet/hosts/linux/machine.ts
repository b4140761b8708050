import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, networkInterfaces, release } from 'node:os';
import { readHugePages } from './machine-topology.ts';
import type { MachineInfo, MachineUsage, ResolverConfig } from '../../host.ts';

async function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

async function meminfo(): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  for (const [, name, kib] of (await text('/proc/meminfo')).matchAll(/^(\w+):\s+(\d+) kB$/gm)) values.set(name!, Number(kib) * 1024);
  return values;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386', s390x: 's390x', ppc64: 'ppc64le', riscv64: 'riscv64' };

/** What the machine is. `rootDir`: its file system is the node's storage. */
export async function readMachineInfo(rootDir: string): Promise<MachineInfo> {
  const [memory, disk, machineId, systemUuid, bootId, osRelease, appArmor] = await Promise.all([
    meminfo(), statfs(rootDir), text('/etc/machine-id'), text('/sys/class/dmi/id/product_uuid'), text('/proc/sys/kernel/random/boot_id'), text('/etc/os-release'),
    text('/sys/module/apparmor/parameters/enabled'),
  ]);
  const id = machineId.trim();
  return {
    cores: availableParallelism(),
    memoryBytes: memory.get('MemTotal') ?? 0,
    ephemeralStorageBytes: disk.blocks * disk.bsize,
    machineId: id,
    systemUuid: systemUuid.trim() || id,
    bootId: bootId.trim(),
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?(.*?)"?$/m.exec(osRelease)?.[1] ?? 'Linux',
    architecture: architectures[arch()] ?? arch(),
    operatingSystem: 'linux',
    appArmor: appArmor.startsWith('Y'),
    hugePages: await readHugePages('/sys/kernel/mm/hugepages'),
  };
}

export async function readUsage(rootDir: string): Promise<MachineUsage> {
  const [memory, disk, stat, load, pidMax] = await Promise.all([meminfo(), statfs(rootDir), text('/proc/stat'), text('/proc/loadavg'), text('/proc/sys/kernel/pid_max')]);
  const available = memory.get('MemAvailable') ?? 0;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = (/^cpu\s+(.*)$/m.exec(stat)?.[1] ?? '').split(' ').map(Number);
  return {
    memoryAvailableBytes: available,
    memoryWorkingSetBytes: Math.max(0, (memory.get('MemTotal') ?? 0) - available),
    // Clock ticks of a hundredth of a second.
    cpuNanoseconds: (user + nice + system + irq + softIrq) * 10_000_000,
    storageAvailableBytes: disk.bavail * disk.bsize,
    storageCapacityBytes: disk.blocks * disk.bsize,
    inodesFree: disk.ffree,
    inodes: disk.files,
    pidsUsed: Number(load.split(' ')[3]?.split('/')[1] ?? 0),
    pidsMax: Number(pidMax.trim() || 0),
  };
}

/** Interfaces of pods and of others' bridges, whose addresses are not the machine's own. */
const isPodLink = (name: string): boolean => /^(lo|cni|veth|docker|br-|cox)/.test(name);
const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address);

/** The interface that the default route of a family uses. */
async function uplinkOf(family: 4 | 6): Promise<string | undefined> {
  const isUp = (flags = '0'): boolean => (Number.parseInt(flags, 16) & 1) === 1;
  if (family === 4) return (await text('/proc/net/route')).split('\n').slice(1).map((line) => line.split('\t')).find(([, destination, , flags]) => destination === '00000000' && isUp(flags))?.[0];
  const routes = (await text('/proc/net/ipv6_route')).split('\n').map((line) => line.trim().split(/\s+/));
  return routes.find(([destination, length, , , , , , , flags, link]) => destination === '0'.repeat(32) && length === '00' && isUp(flags) && link !== 'lo')?.[9];
}

/**
 * The machine's addresses, one of each of these families in their order: of the interface that the default route uses, else the
 * first that is not the loopback's. Where it has none of them, one of the other family; else the loopback's. Never empty.
 */
export async function readAddresses(families: readonly (4 | 6)[] = [4]): Promise<string[]> {
  const interfaces = networkInterfaces();
  const others = Object.entries(interfaces).filter(([name]) => !isPodLink(name)).flatMap(([, list]) => list ?? []);
  const addressOf = async (family: 4 | 6): Promise<string | undefined> => {
    const uplink = await uplinkOf(family);
    const preferred = uplink === undefined ? [] : (interfaces[uplink] ?? []);
    return [...preferred, ...others].find((one) => one.family === `IPv${family}` && !one.internal && !isLinkLocal(one.address))?.address;
  };
  const found = async (wanted: readonly (4 | 6)[]): Promise<string[]> => (await Promise.all(wanted.map(addressOf))).filter((address) => address !== undefined);
  const addresses = await found(families);
  if (addresses.length > 0) return addresses;
  const [other] = await found(families.length === 1 ? [families[0] === 4 ? 6 : 4] : []);
  return [other ?? (families[0] === 6 ? '::1' : '127.0.0.1')];
}

/** /etc/resolv.conf; that of systemd-resolved's real servers where the file only names its local stub. */
export async function readResolverConfig(): Promise<ResolverConfig> {
  const config = parseResolverConfig(await text('/etc/resolv.conf'));
  if (!config.servers.every((server) => server.startsWith('127.'))) return config;
  const real = parseResolverConfig(await text('/run/systemd/resolve/resolv.conf'));
  return real.servers.length > 0 ? real : config;
}

export function parseResolverConfig(file: string): ResolverConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of file.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) servers.push(values[0]);
    else if (keyword === 'search' || keyword === 'domain') searches = values.filter((value) => value !== '.');
    else if (keyword === 'options') options = values;
  }
  return { servers, searches, options };
}
