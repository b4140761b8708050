import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { DeviceHealth } from '../plugins/generated/dra-health.ts';
import type { Driver } from './drivers.ts';

/** Between two attempts to hear of devices' health, as upstream. */
const retryMs = 5_000;
/** What was heard is old after so long, unless the driver says otherwise. */
const defaultTimeoutMs = 30_000;
const maxMessageLength = 1024;

export type Health = 'Healthy' | 'Unhealthy' | 'Unknown';

interface Heard { readonly health: Health; readonly message: string; readonly timeoutMs: number; readonly atMs: number }

const healthOf: Readonly<Record<DeviceHealth['health'], Health>> = { HEALTHY: 'Healthy', UNHEALTHY: 'Unhealthy', UNKNOWN: 'Unknown' };
const cut = (message: string): string => (message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 3)}...`);
const unknown = { health: 'Unknown', message: '' } as const;

export interface DeviceHealthOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Something else is known of devices of a driver. */
  readonly onChange: (driver: string, devices: readonly { readonly pool: string; readonly device: string }[]) => void;
}

/**
 * What drivers say of how well devices are (KEP-4680, ResourceHealthStatus). Nothing is kept on the disk: a driver tells all
 * of it when it is asked again.
 */
export class DevicesHealth {
  readonly #options: DeviceHealthOptions;
  /** By driver, then by pool and device. */
  readonly #heard = new Map<string, Map<string, Heard>>();

  constructor(options: DeviceHealthOptions) {
    this.#options = options;
  }

  /** Unknown where the driver has not said, or not lately. */
  of(driver: string, pool: string, device: string): Pick<Heard, 'health' | 'message'> {
    const heard = this.#heard.get(driver)?.get(`${pool}/${device}`);
    return heard === undefined || this.#isOld(heard) ? unknown : heard;
  }

  /** Listens to a driver until it goes, as far as it tells. */
  async listen({ name, watchHealth }: Pick<Driver, 'name' | 'watchHealth'>, gone: AbortSignal): Promise<void> {
    const { clock, logger, signal } = this.#options;
    const end = AbortSignal.any([gone, signal]);
    while (!end.aborted) {
      await watchHealth((devices) => this.#take(name, devices), end).catch((error: unknown) => logger.debug('a driver says nothing of its devices\' health; it is asked again', { driver: name, error }));
      this.#heard.delete(name);
      await clock.sleep(retryMs, end).catch(() => {});
    }
  }

  #isOld({ atMs, timeoutMs }: Heard): boolean {
    return this.#options.clock.now() - atMs > timeoutMs;
  }

  #take(driver: string, devices: readonly DeviceHealth[]): void {
    const { clock, onChange } = this.#options;
    let known = this.#heard.get(driver);
    if (known === undefined) this.#heard.set(driver, known = new Map());
    const changed: { readonly pool: string; readonly device: string }[] = [];
    for (const { device, health, healthCheckTimeoutSeconds, message } of devices) {
      const [pool, name] = [device?.poolName ?? '', device?.deviceName ?? ''];
      const heard: Heard = { health: healthOf[health], message: cut(message), timeoutMs: healthCheckTimeoutSeconds > 0 ? healthCheckTimeoutSeconds * 1000 : defaultTimeoutMs, atMs: clock.now() };
      const before = known.get(`${pool}/${name}`);
      if (before?.health !== heard.health || before.message !== heard.message || before.timeoutMs !== heard.timeoutMs) changed.push({ pool, device: name });
      known.set(`${pool}/${name}`, heard);
    }
    if (changed.length > 0) onChange(driver, changed);
  }
}
