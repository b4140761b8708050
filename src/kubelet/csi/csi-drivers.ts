import type { Clock } from '../../base/clock.ts';
import type { GrpcCalls } from '../../runtime/grpc/calls.ts';
import { connectCsi } from '../plugins/connect.ts';
import type { Methods, NodeGetInfoResponse, NodeServiceCapabilityRPCType } from '../plugins/generated/csi.ts';
import type { Plugin, PluginHandler } from '../plugins/plugin-watcher.ts';

/** A CSI driver that runs on this node. */
export interface CsiDriver {
  readonly name: string;
  readonly calls: GrpcCalls<Methods>;
  /** Asked once: a driver that can more is another process. */
  capabilities(): Promise<ReadonlySet<NodeServiceCapabilityRPCType>>;
}

export interface CsiDriversOptions {
  readonly clock: Clock;
  /** A driver has come, with what it says of the node; rejects when the API does not take it. */
  readonly onRegistered: (name: string, info: NodeGetInfoResponse) => Promise<void>;
  readonly onGone: (name: string) => Promise<void>;
}

/** The CSI drivers of this node, by name, as they register. */
export class CsiDrivers implements PluginHandler, Disposable {
  readonly type = 'CSIPlugin';
  readonly #options: CsiDriversOptions;
  readonly #drivers = new Map<string, CsiDriver>();

  constructor(options: CsiDriversOptions) {
    this.#options = options;
  }

  get(name: string): CsiDriver | undefined {
    return this.#drivers.get(name);
  }

  async register({ name, endpoint, versions }: Plugin): Promise<void> {
    if (versions.length === 0) throw new Error(`kubernetes.io/csi: RegisterPlugin for CSI driver ${JSON.stringify(name)} failed. Plugin returned an empty list for supported versions`);
    if (!versions.some((version) => /^v?1\.\d+/.test(version))) throw new Error(`kubernetes.io/csi: RegisterPlugin for CSI driver ${JSON.stringify(name)} failed. None of the versions specified [${versions.map((version) => JSON.stringify(version)).join(' ')}] are supported. err=no supported version was found`);
    const calls = connectCsi({ socketPath: endpoint, clock: this.#options.clock });
    try {
      const info = await calls.call('NodeGetInfo', {}).catch((error: unknown) => { throw new Error(`failed to get NodeGetInfo from driver ${JSON.stringify(name)}: ${(error as Error).message}`, { cause: error }); });
      await this.#options.onRegistered(name, info);
    } catch (error) {
      calls.close();
      throw error;
    }
    this.#drivers.get(name)?.calls.close();
    let known: Promise<ReadonlySet<NodeServiceCapabilityRPCType>> | undefined;
    const ask = async (): Promise<ReadonlySet<NodeServiceCapabilityRPCType>> => new Set((await calls.call('NodeGetCapabilities', {})).capabilities.flatMap(({ rpc }) => (rpc === null ? [] : [rpc.type])));
    this.#drivers.set(name, {
      name, calls,
      capabilities: () => known ??= ask().catch((error: unknown) => {
        known = undefined;
        throw error;
      }),
    });
  }

  async deregister({ name }: Pick<Plugin, 'name'>): Promise<void> {
    this.#drivers.get(name)?.calls.close();
    this.#drivers.delete(name);
    await this.#options.onGone(name);
  }

  [Symbol.dispose](): void {
    for (const { calls } of this.#drivers.values()) calls.close();
  }
}
