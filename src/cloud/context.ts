import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import type { CloudProvider } from './contract.ts';
import type { CloudSettings } from './settings.ts';

/** What each controller of the cloud is started with. */
export interface CloudContext {
  readonly cloud: CloudProvider;
  /** A client that acts as `system:serviceaccount:kube-system:NAME`. */
  readonly clientFor: (serviceAccount: string) => Client;
  readonly informers: SharedInformers;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly settings: CloudSettings;
}
