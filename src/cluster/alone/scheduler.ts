import type { ReadConfiguration } from '../../scheduler/config/read.ts';
import type { SchedulerFeatures } from '../../scheduler/config/settings.ts';
import { httpExtender } from '../../scheduler/extender/http-extender.ts';
import { Scheduler } from '../../scheduler/scheduler.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient, expectServer } from './component.ts';
import { extenderTransport } from './extender-transport.ts';
import { startLeading } from './leading.ts';
import { expectPodGroups } from '../pod-groups.ts';

/** The scheduler against an API server elsewhere. */
export async function startSchedulerAlone(options: ComponentOptions & { readonly leaderElect: boolean; readonly identity: string; readonly configuration?: ReadConfiguration; readonly features: SchedulerFeatures }): Promise<AsyncDisposable> {
  const { clock, random, logger, progress, configuration, features } = options;
  const extenders = await Promise.all((configuration?.extenders ?? []).map(async (one) => httpExtender(one, await extenderTransport(one, clock))));
  await using undo = new AsyncDisposableStack();
  const client = componentClient(options, 'kube-scheduler', undo);
  await expectServer(client, options);
  await expectPodGroups(features, client);
  await startLeading({ ...options, leaderElect: options.leaderElect && configuration?.leaderElect !== false }, {
    client,
    name: 'kube-scheduler',
    undo,
    start: async () => {
      const scheduler = undo.disposed ? undefined : undo.use(new Scheduler({ client, clock, random, logger: logger.named('scheduler'), extenders, features, ...(configuration !== undefined && { settings: configuration.settings }) }));
      await scheduler?.start();
    },
  });
  progress.ready('scheduler');
  return undo.move();
}
