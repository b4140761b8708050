import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Gauge } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import { selectNamed } from '../base/selection.ts';
import type { Client } from '../client/client.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import type { ControllerSettings } from './common/settings.ts';
import { defaultControllerSettings } from './common/settings.ts';
import { canonicalController, disabledByDefault, upstreamControllers } from './names.ts';
import type { ControllerEntry } from './registry.ts';
import { controllers as registry } from './registry.ts';

export interface ControllerManagerOptions {
  /** Acts as `system:kube-controller-manager`: fills the informers that all controllers share. */
  readonly client: Client;
  /** A client that acts as the service account of this name in kube-system (`deployment-controller`). */
  readonly clientFor: (serviceAccount: string) => Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Stops everything. */
  readonly signal: AbortSignal;
  /** As kube-controller-manager's flag: `*` for all that are on by default, a name for one, `-name` to leave one out. Default `['*']`. */
  readonly controllers?: readonly string[];
  readonly settings?: Partial<ControllerSettings>;
}

export interface ControllerManager {
  /** Resolves when the informers that the controllers asked for have synced. */
  readonly ready: Promise<void>;
  /** What its controllers count, under upstream's names. */
  readonly metrics: readonly Gauge[];
}

/** The entries that a `--controllers` list selects; see selectNamed. */
export function selectControllers(selection: readonly string[], entries: readonly ControllerEntry[] = registry): ControllerEntry[] {
  return selectNamed(selection, entries, { canonical: canonicalController, isKnown: (name) => upstreamControllers.has(name), isOffByDefault: (name) => disabledByDefault.has(name) });
}

/** Starts the controllers. Resolves when each has been set going; `ready` tells when they see the cluster. */
export async function startControllerManager(options: ControllerManagerOptions): Promise<ControllerManager> {
  const { clock, random, logger, signal, clientFor } = options;
  const selected = selectControllers(options.controllers ?? ['*']);
  const informers = createSharedInformers(options.client, { clock, random, logger: logger.named('informers'), signal });
  const settings = { ...defaultControllerSettings, ...options.settings };
  const metrics: Gauge[] = [];
  const scraped = (families: readonly Gauge[]): void => { metrics.push(...families); };
  for (const { name, start } of selected) {
    logger.debug('starting controller', { name });
    await start({ client: options.client, clientFor, informers, clock, random, logger, signal, settings, scraped });
  }
  const ready = informers.synced();
  ready.catch(() => {});
  return { ready, metrics };
}
