import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { selectNamed } from '../base/selection.ts';
import type { Client } from '../client/client.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import { runningControllersOf } from '../client/running-controllers.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import type { CloudProvider } from './contract.ts';
import { cloudControllers } from './registry.ts';
import type { CloudSettings } from './settings.ts';
import { defaultCloudSettings } from './settings.ts';

export interface CloudControllerManagerOptions {
  /** The provider, which may read the cluster through the informers that its controllers share. */
  readonly provider: (informers: SharedInformers) => CloudProvider;
  /** Acts as the manager itself: fills the informers. */
  readonly client: Client;
  /** A client that acts as the service account of this name in kube-system. */
  readonly clientFor: (serviceAccount: string) => Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Stops everything. */
  readonly signal: AbortSignal;
  /** As cloud-controller-manager's flag: `*` for all, a name for one, `-name` to leave one out. Default `['*']`. */
  readonly controllers?: readonly string[];
  readonly settings?: Partial<CloudSettings>;
}

const canonical = (name: string): string => cloudControllers.find(({ alias }) => alias === name)?.name ?? name;

/** Starts the controllers of a cloud. Resolves when each has been set going; `ready` when they see the cluster. */
export async function startCloudControllerManager(options: CloudControllerManagerOptions): Promise<{ readonly ready: Promise<void> }> {
  const { clock, random, logger, signal, clientFor } = options;
  const chosen = selectNamed(options.controllers ?? ['*'], cloudControllers, { canonical });
  const informers = createSharedInformers(options.client, { clock, random, logger: logger.named('informers'), signal });
  const cloud = options.provider(informers);
  const settings = { ...defaultCloudSettings, ...options.settings };
  for (const { alias, start } of chosen) {
    await start({ cloud, clientFor, informers, clock, random, logger, signal, settings });
    runningControllersOf(clock).started(alias, 'cloud-controller-manager', signal);
  }
  const ready = informers.synced();
  ready.catch(() => {});
  return { ready };
}
