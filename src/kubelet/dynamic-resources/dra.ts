import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Client } from '../../client/client.ts';
import type { HostFiles } from '../host.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import { ClaimTable } from './claim-table.ts';
import { DevicesHealth } from './device-health.ts';
import { Drivers } from './drivers.ts';
import { DynamicResources } from './dynamic-resources.ts';
import { SliceWiper } from './slice-wiper.ts';

/** How often it is looked for pods that are gone and still have claims. */
const reconcileMs = 60_000;

export interface DraOptions {
  readonly client: Client;
  readonly nodeName: string;
  readonly clock: Clock;
  /** Of the connections to drivers. */
  readonly socketClock: Clock;
  readonly files: HostFiles;
  /** What is known of claims is kept in it. */
  readonly rootDir: string;
  readonly metrics: MetricsSink;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** A driver has come: pods may wait for it. */
  readonly onDriver: () => void;
  /** A pod's devices are not as well, or as ill, as they were. */
  readonly onHealth: (podUid: string) => void;
}

/** Dynamic resource allocation on one node: its drivers, the claims of its pods, and what the node offers. */
export class Dra implements Disposable {
  readonly drivers: Drivers;
  readonly resources: DynamicResources;
  readonly #options: DraOptions;
  readonly #table: ClaimTable;
  readonly #slices: SliceWiper;

  constructor(options: DraOptions) {
    const { client, clock, socketClock, files, rootDir, metrics, logger, signal, onDriver } = options;
    this.#options = options;
    this.#table = new ClaimTable({ files, path: `${rootDir}/dra_manager_state` });
    this.#slices = new SliceWiper(options);
    const health = new DevicesHealth({ clock, logger, signal, onChange: (driver, devices) => this.#tellPods(driver, devices) });
    this.drivers = new Drivers({
      clock: socketClock,
      onDriver: (driver, gone) => void health.listen(driver, gone),
      onChange: (name, isUsable) => {
        this.#slices.observe(name, isUsable);
        if (isUsable) onDriver();
      },
    });
    this.resources = new DynamicResources({ client, clock, metrics, table: this.#table, health, driver: (name) => this.drivers.get(name) });
  }

  /** Before any pod starts. Rejects for a file that cannot be read. */
  recover(): Promise<void> {
    return this.#table.recover();
  }

  /** Until the signal aborts; from when the node is registered and all its pods are known. */
  async run(isActive: (podUid: string) => boolean): Promise<void> {
    const { clock, logger, signal } = this.#options;
    await this.#slices.wipeAll();
    while (!signal.aborted) {
      await this.resources.reconcile(isActive).catch((error: unknown) => logger.warn('claims of pods that are gone could not be taken back; tried again', { error }));
      await clock.sleep(reconcileMs, signal).catch(() => {});
    }
  }

  #tellPods(driver: string, devices: readonly { readonly pool: string; readonly device: string }[]): void {
    const concerned = new Set<string>();
    for (const { drivers, podUids } of this.#table) {
      if (drivers.get(driver)?.some((one) => devices.some(({ pool, device }) => pool === one.pool && device === one.device)) === true) for (const podUid of podUids) concerned.add(podUid);
    }
    for (const podUid of concerned) this.#options.onHealth(podUid);
  }

  [Symbol.dispose](): void {
    this.#slices.stop();
    this.drivers[Symbol.dispose]();
  }
}
