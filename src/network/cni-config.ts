import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IpNetwork } from '../api/meta/ip-network.ts';
import { formatNetwork } from '../api/meta/ip-network.ts';
import { gatewayOf } from './gateway.ts';

export interface CniConfigOptions {
  /** The network's name; also in the names of libcni's cached results. */
  readonly name: string;
  readonly bridge: string;
  readonly ranges: readonly IpNetwork[];
  readonly mtu: number;
  /** Where host-local keeps its leases. */
  readonly leasesDir: string;
  /** Leaves masquerading to the plugin (iptables), when we cannot do it ourselves. */
  readonly ipMasq: boolean;
  /** Host ports through the portmap plugin, which needs iptables. */
  readonly portmap: boolean;
  /** Limits of the annotations kubernetes.io/ingress-bandwidth and egress-bandwidth, through the bandwidth plugin. */
  readonly bandwidth: boolean;
}

/** A CNI network list of the reference plugins. 0.4.0, because every plugin release still in use speaks it. */
export function cniConfig(options: CniConfigOptions): object {
  return {
    cniVersion: '0.4.0',
    name: options.name,
    plugins: [
      {
        type: 'bridge',
        bridge: options.bridge,
        isGateway: true,
        ipMasq: options.ipMasq,
        hairpinMode: true,
        mtu: options.mtu,
        ipam: {
          type: 'host-local',
          dataDir: options.leasesDir,
          ranges: options.ranges.map((range) => [{ subnet: formatNetwork(range), gateway: gatewayOf(range) }]),
          routes: options.ranges.map((range) => ({ dst: range.family === 4 ? '0.0.0.0/0' : '::/0' })),
        },
      },
      ...(options.portmap ? [{ type: 'portmap', capabilities: { portMappings: true }, snat: true }] : []),
      ...(options.bandwidth ? [{ type: 'bandwidth', capabilities: { bandwidth: true } }] : []),
    ],
  };
}

/** Its name among the configurations that containerd finds. */
export const cniFile = '10-coxswain.conflist';

/** Writes the list where containerd watches for it, atomically, and only when it changed. */
export async function writeCniConfig(confDir: string, config: object): Promise<void> {
  const file = join(confDir, cniFile);
  const text = `${JSON.stringify(config, undefined, 2)}\n`;
  if (await readFile(file, 'utf8').catch(() => '') === text) return;
  await mkdir(confDir, { recursive: true });
  // The temporary name must not end in .conflist: containerd would read it.
  const temporary = join(confDir, '.10-coxswain.tmp');
  await writeFile(temporary, text, { mode: 0o644 });
  await rename(temporary, file);
}
