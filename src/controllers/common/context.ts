import type { Client } from '../../client/client.ts';
import type { SharedInformers } from '../../client/informer/shared-informers.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Gauge } from '../../base/metrics.ts';
import type { Random } from '../../base/random.ts';
import type { ControllerSettings } from './settings.ts';

/** What every controller is started with. */
export interface ControllerContext {
  /** Acts as the manager itself: for the controllers that have no service account of their own. */
  readonly client: Client;
  /** A client that acts as `system:serviceaccount:kube-system:NAME`. */
  readonly clientFor: (serviceAccount: string) => Client;
  /** Shared by all controllers of the manager. */
  readonly informers: SharedInformers;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly settings: ControllerSettings;
  /** Scraped from now on. A controller tells its families when it is started. */
  readonly scraped: (families: readonly Gauge[]) => void;
}
