import { signClaims, signingKey } from '../apiserver/authentication/jws.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Gauge } from '../base/metrics.ts';
import { outside } from '../base/outside-work.ts';
import type { Random } from '../base/random.ts';
import type { FeatureGateSettings } from '../apiserver/serving/feature-gates.ts';
import type { ControllerSettings } from '../controllers/common/settings.ts';
import type { Pki } from '../pki/pki.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { certificateAuthority } from './certificate-authority.ts';
import type { LocalClients } from './identities.ts';
import { expectPodGroups, podGroupFeatures } from './pod-groups.ts';

/** What the scheduler and the controllers need of the cluster that they act on. */
export interface ComponentOptions {
  readonly clients: LocalClients;
  readonly pki: Pki;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly clusterCidr: string;
  /** The machine's name. */
  readonly host?: string;
  /** As the API server has them. */
  readonly featureGates?: FeatureGateSettings | undefined;
}

/** Which controllers, as kube-controller-manager's flag lists them, and their settings. */
export interface ControllerSelection {
  readonly controllers?: readonly string[];
  readonly settings?: Partial<ControllerSettings>;
}

/** A component that has been set going. Disposing stops it. */
export interface RunningController extends AsyncDisposable {
  /** Resolves when it sees the cluster. */
  readonly ready: Promise<void>;
  /** Scraped. */
  readonly metrics: readonly Gauge[];
}

/** Starts the controllers; resolves when each has been set going. */
export async function startControllerManager(options: ComponentOptions, { controllers = ['*'], settings }: ControllerSelection = {}): Promise<RunningController> {
  const { clients, pki, clock, random, logger } = options;
  // An API server alone has no use for them.
  const manage = await outside(import('../controllers/manager.ts'));
  const stopping = new AbortController();
  const client = clients.component('kube-controller-manager');
  const features = podGroupFeatures(options.featureGates);
  await expectPodGroups(features, client);
  const { ready, metrics } = await manage.startControllerManager({
    client,
    clientFor: (name) => clients.serviceAccount(name),
    clock,
    random,
    logger: logger.named('controllers'),
    signal: stopping.signal,
    controllers,
    settings: {
      ...settings,
      podGroups: features.podGroups,
      clusterCidrs: options.clusterCidr.split(','),
      rootCa: pki.ca.certificate,
      certificateAuthority: certificateAuthority(pki.ca, clock),
      signServiceAccountToken: async (claims) => signClaims(claims, signingKey(pki.serviceAccount.privateKey)),
    },
  });
  return { ready, metrics, [Symbol.asyncDispose]: async () => stopping.abort(new Error('the controllers were stopped')) };
}

/** A scheduler that has not been started yet. */
export async function createScheduler({ clients, clock, random, logger, host, featureGates }: Omit<ComponentOptions, 'pki' | 'clusterCidr'>): Promise<Scheduler> {
  const schedule = await outside(import('../scheduler/scheduler.ts'));
  const client = clients.component('kube-scheduler');
  const features = podGroupFeatures(featureGates);
  await expectPodGroups(features, client);
  return new schedule.Scheduler({ client, clock, random, logger: logger.named('scheduler'), ...(host !== undefined && { host }), features });
}
