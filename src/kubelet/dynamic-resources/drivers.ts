import type { Clock } from '../../base/clock.ts';
import type { GrpcCalls } from '../../runtime/grpc/calls.ts';
import { connectDra, connectDraHealth, draMethods, draServices } from '../plugins/connect.ts';
import type { DraService } from '../plugins/connect.ts';
import type { DeviceHealth } from '../plugins/generated/dra-health.ts';
import type { Methods } from '../plugins/generated/dra-plugin.ts';
import type { Plugin, PluginHandler } from '../plugins/plugin-watcher.ts';

/** One process of a driver of dynamic resources. While one replaces another there are two of a name. */
export interface Driver {
  readonly name: string;
  readonly endpoint: string;
  readonly calls: GrpcCalls<Methods>;
  /** Where each call goes: of the service that was chosen. */
  readonly paths: Readonly<Record<keyof Methods, string>>;
  /** Calls back with what the driver says of its devices. Resolves when it says no more; rejects where it never does. */
  watchHealth(onDevices: (devices: readonly DeviceHealth[]) => void, signal: AbortSignal): Promise<void>;
}

export interface DriversOptions {
  readonly clock: Clock;
  /** A driver has come, or one process of it has gone. */
  readonly onChange: (name: string, isUsable: boolean) => void;
  /** A process of a driver has come; the signal aborts when it goes. */
  readonly onDriver: (driver: Driver, gone: AbortSignal) => void;
}

const quoted = (names: readonly string[]): string => `[${names.map((name) => JSON.stringify(name)).join(' ')}]`;

interface Registered extends Driver { readonly gone: AbortController; close(): void }

/** The drivers of dynamic resources on this node, by name, as they register. */
export class Drivers implements PluginHandler, Disposable {
  readonly type = 'DRAPlugin';
  readonly #options: DriversOptions;
  /** Of each name the newest last. */
  readonly #drivers = new Map<string, readonly Registered[]>();

  constructor(options: DriversOptions) {
    this.#options = options;
  }

  /** The newest of the name. Throws an Error while there is none. */
  get(name: string): Driver {
    const driver = this.#drivers.get(name)?.at(-1);
    if (driver === undefined) throw new Error(`DRA driver ${name} is not registered`);
    return driver;
  }

  register({ name, endpoint, versions }: Plugin): Promise<void> {
    const service = versions.find((version): version is DraService => draServices.includes(version as DraService));
    if (service === undefined) {
      const why = versions.length === 0 ? 'empty list of supported gRPC services (aka supported versions)' : `none of services supported by the plugin (${quoted(versions)}) are supported by the kubelet (${quoted(draServices)})`;
      return Promise.reject(new Error(`invalid supported gRPC versions of DRA driver plugin ${name} at endpoint ${endpoint}: ${why}`));
    }
    const known = this.#drivers.get(name) ?? [];
    if (known.some((driver) => driver.endpoint === endpoint)) return Promise.reject(new Error(`endpoint ${endpoint} already registered for DRA driver plugin ${name}`));
    const driver = this.#connect(name, endpoint, service);
    this.#drivers.set(name, [...known, driver]);
    this.#options.onDriver(driver, driver.gone.signal);
    this.#options.onChange(name, true);
    return Promise.resolve();
  }

  #connect(name: string, endpoint: string, service: DraService): Registered {
    const socket = { socketPath: endpoint, clock: this.#options.clock };
    const calls = connectDra(socket, service);
    const health = connectDraHealth(socket);
    const gone = new AbortController();
    const { NodePrepareResources: [prepare], NodeUnprepareResources: [unprepare] } = draMethods[service];
    return {
      name, endpoint, calls, gone,
      paths: { NodePrepareResources: prepare, NodeUnprepareResources: unprepare },
      watchHealth: (onDevices, signal) => health.stream('NodeWatchResources', {}, ({ devices }) => onDevices(devices), { signal }),
      close: () => {
        gone.abort(new Error(`the driver ${name} has gone`));
        calls.close();
        health.close();
      },
    };
  }

  deregister({ name, endpoint }: Pick<Plugin, 'name' | 'endpoint'>): Promise<void> {
    const known = this.#drivers.get(name) ?? [];
    const left = known.filter((driver) => driver.endpoint !== endpoint);
    for (const driver of known) if (driver.endpoint === endpoint) driver.close();
    if (left.length === 0) this.#drivers.delete(name);
    else this.#drivers.set(name, left);
    this.#options.onChange(name, left.length > 0);
    return Promise.resolve();
  }

  [Symbol.dispose](): void {
    for (const drivers of this.#drivers.values()) for (const driver of drivers) driver.close();
  }
}
