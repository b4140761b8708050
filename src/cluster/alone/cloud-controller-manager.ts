import { startCloudControllerManager } from '../../cloud/manager.ts';
import { localProvider } from '../../cloud/providers/local/local.ts';
import { parsePool } from '../../cloud/providers/local/pools.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient, expectServer } from './component.ts';
import { startLeading } from './leading.ts';
import { serviceAccountClients } from './service-account-clients.ts';

export interface CloudControllerManagerAloneOptions extends ComponentOptions {
  readonly leaderElect: boolean;
  readonly identity: string;
  readonly controllers: readonly string[];
  readonly clusterCidr: string;
  readonly loadBalancerPools: readonly string[];
}

/** The controllers of the local cloud against an API server elsewhere, each under its own service account. */
export async function startCloudControllerManagerAlone(options: CloudControllerManagerAloneOptions): Promise<AsyncDisposable> {
  const { clock, random, logger, progress, controllers, clusterCidr, loadBalancerPools } = options;
  await using undo = new AsyncDisposableStack();
  const client = componentClient(options, 'cloud-controller-manager', undo);
  await expectServer(client, options);
  const clientFor = serviceAccountClients(options, client, undo);
  const stop = new AbortController();
  undo.defer(() => stop.abort(new Error('the cloud controller manager was stopped')));
  await startLeading(options, {
    client, name: 'cloud-controller-manager', undo,
    start: async () => {
      const pools = loadBalancerPools.map(parsePool);
      const manager = await startCloudControllerManager({ provider: (informers) => localProvider(informers, pools), client, clientFor, clock, random, logger: logger.named('cloud'), signal: stop.signal, controllers, settings: { clusterCidrs: clusterCidr.split(',') } });
      await manager.ready;
    },
  });
  progress.ready('controllers of the cloud');
  return undo.move();
}
