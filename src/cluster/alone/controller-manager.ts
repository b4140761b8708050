import type { ControllerSettings } from '../../controllers/common/settings.ts';
import { selectControllers, startControllerManager } from '../../controllers/manager.ts';
import type { SchedulerFeatures } from '../../scheduler/config/settings.ts';
import { expectPodGroups } from '../pod-groups.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient, expectServer } from './component.ts';
import { startLeading } from './leading.ts';
import { serviceAccountClients } from './service-account-clients.ts';

export interface ControllerManagerAloneOptions extends ComponentOptions {
  readonly leaderElect: boolean;
  readonly identity: string;
  readonly controllers: readonly string[];
  readonly clusterCidr: string;
  /** PEM; what pods are told to trust. */
  readonly rootCa: string;
  readonly settings?: Partial<ControllerSettings>;
  readonly features: SchedulerFeatures;
}

/** The controllers against an API server elsewhere, each under its own service account. */
export async function startControllerManagerAlone(options: ControllerManagerAloneOptions): Promise<AsyncDisposable> {
  const { clock, random, logger, progress, controllers, clusterCidr, rootCa, features } = options;
  selectControllers(controllers);
  await using undo = new AsyncDisposableStack();
  const client = componentClient(options, 'kube-controller-manager', undo);
  await expectServer(client, options);
  await expectPodGroups(features, client);
  const clientFor = serviceAccountClients(options, client, undo);
  const stop = new AbortController();
  undo.defer(() => stop.abort(new Error('the controller manager was stopped')));
  await startLeading(options, {
    client,
    name: 'kube-controller-manager',
    undo,
    start: async () => {
      const manager = await startControllerManager({ client, clientFor, clock, random, logger: logger.named('controllers'), signal: stop.signal, controllers, settings: { ...options.settings, podGroups: features.podGroups, clusterCidrs: clusterCidr.split(','), rootCa } });
      await manager.ready;
    },
  });
  progress.ready('controllers');
  return undo.move();
}
