import type { Client } from '../../client/client.ts';
import type { ReadConfiguration } from '../../scheduler/config/read.ts';
import type { SchedulerFeatures } from '../../scheduler/config/settings.ts';
import { httpExtender } from '../../scheduler/extender/http-extender.ts';
import { Scheduler } from '../../scheduler/scheduler.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient, expectServer } from './component.ts';
import { extenderTransport } from './extender-transport.ts';
import { startLeading } from './leading.ts';
import { expectPodGroups } from '../pod-groups.ts';

type SchedulerAlone = ComponentOptions & { readonly leaderElect: boolean; readonly identity: string; readonly configuration?: ReadConfiguration; readonly features: SchedulerFeatures };

/** The scheduler against an API server elsewhere. */
export async function startSchedulerAlone(options: SchedulerAlone): Promise<AsyncDisposable> {
  await using undo = new AsyncDisposableStack();
  const client = componentClient(options, 'kube-scheduler', undo);
  await expectServer(client, options);
  await expectPodGroups(options.features, client);
  await scheduleWhenLeading(options, client, undo);
  options.progress.ready('scheduler');
  return undo.move();
}

/** Schedules from when it leads on. Until then it knows the cluster already, unless its configuration has that wait, too. */
export async function scheduleWhenLeading(options: SchedulerAlone, client: Client, undo: AsyncDisposableStack): Promise<void> {
  const { clock, random, logger, identity, configuration, features } = options;
  const leaderElect = options.leaderElect && configuration?.leaderElect !== false;
  const extenders = await Promise.all((configuration?.extenders ?? []).map(async (one) => httpExtender(one, await extenderTransport(one, clock))));
  const create = (): Scheduler => undo.use(new Scheduler({ client, clock, random, logger: logger.named('scheduler'), host: identity, extenders, features, ...(configuration !== undefined && { settings: configuration.settings }) }));
  const waiting = leaderElect && configuration?.delayCacheUntilActive !== true ? create() : undefined;
  await waiting?.follow();
  await startLeading({ ...options, leaderElect }, {
    client,
    name: 'kube-scheduler',
    undo,
    start: async () => { if (!undo.disposed) await (waiting ?? create()).start(); },
  });
}
