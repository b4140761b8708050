import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, systemPath } from './run-command.ts';

export interface Tool { readonly path: string; readonly version: string }

/** What the machine can do for a real node. */
export interface HostCapabilities {
  readonly linux: boolean;
  readonly root: boolean;
  readonly containerd: Tool | undefined;
  readonly runc: Tool | undefined;
  /** The folder that holds the reference plugins that we use. */
  readonly cniBinDir: string | undefined;
  readonly nft: Tool | undefined;
  readonly iptables: Tool | undefined;
  readonly ip: string | undefined;
  readonly ctr: string | undefined;
  readonly conntrack: string | undefined;
  /** Lowering oom_score_adj needs CAP_SYS_RESOURCE, which containers and some machines lack. */
  readonly mayLowerOomScore: boolean;
  /** Why no real node can run here, as a line for the user; undefined when one can. */
  readonly obstacle: string | undefined;
}

/** The first executable of that name in PATH or in the system's folders. */
export function findExecutable(name: string): string | undefined {
  for (const folder of [...(process.env['PATH'] ?? '').split(':'), ...systemPath]) {
    if (!folder.startsWith('/')) continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

const requiredCniPlugins = ['bridge', 'host-local', 'loopback', 'portmap'] as const;
const cniBinDirs = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni', '/usr/local/lib/cni'];

/** The folder with all the reference plugins that we need. */
export function findCniBinDir(): string | undefined {
  return cniBinDirs.find((folder) => requiredCniPlugins.every((plugin) => existsSync(join(folder, plugin))));
}

const capSysResource = 24n;

/** From the effective capability set of this process (a hexadecimal mask in /proc/self/status). */
export function hasCapSysResource(procStatus: string): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)/m.exec(procStatus)?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> capSysResource) & 1n) === 1n;
}

/** The first x.y or x.y.z in what a tool prints as its version: "containerd github.com/containerd/containerd/v2 v2.1.0 …" is 2.1.0. */
export function parseVersion(text: string): string {
  return /(?:^|[\sv])(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1] ?? '';
}

async function tool(name: string, versionArgs: readonly string[]): Promise<Tool | undefined> {
  const path = findExecutable(name);
  if (path === undefined) return undefined;
  const result = await runCommand(path, versionArgs, { timeoutMs: 10_000 });
  return { path, version: parseVersion(result.stdout) };
}

/** Looks at the machine; changes nothing. Takes a few tens of milliseconds. */
export async function hostCapabilities(): Promise<HostCapabilities> {
  const linux = process.platform === 'linux';
  const root = process.getuid?.() === 0;
  if (!linux) {
    return {
      linux, root, containerd: undefined, runc: undefined, cniBinDir: undefined, nft: undefined, iptables: undefined, ip: undefined, ctr: undefined,
      conntrack: undefined, mayLowerOomScore: false, obstacle: `this is ${process.platform}, and containers need Linux`,
    };
  }
  const [containerd, runc, nft, iptables] = await Promise.all([tool('containerd', ['--version']), tool('runc', ['--version']), tool('nft', ['--version']), tool('iptables', ['--version'])]);
  const found = { containerd, runc, cniBinDir: findCniBinDir(), nft, iptables, ip: findExecutable('ip') };
  const missing = [
    ...(containerd === undefined ? ['containerd'] : []),
    ...(runc === undefined ? ['runc'] : []),
    ...(found.cniBinDir === undefined ? ['the CNI plugins'] : []),
    ...(nft === undefined && iptables === undefined ? ['nft or iptables'] : []),
    ...(found.ip === undefined ? ['ip'] : []),
  ];
  const obstacle = !root ? 'containers need root' : missing.length > 0 ? `missing on this machine: ${missing.join(', ')}` : undefined;
  return {
    linux, root, ...found, ctr: findExecutable('ctr'), conntrack: findExecutable('conntrack'),
    mayLowerOomScore: hasCapSysResource(readFileSync('/proc/self/status', 'utf8')), obstacle,
  };
}
