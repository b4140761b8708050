import { Scheduler } from '../../scheduler/scheduler.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient, expectServer } from './component.ts';
import { startLeading } from './leading.ts';

/** The scheduler against an API server elsewhere. */
export async function startSchedulerAlone(options: ComponentOptions & { readonly leaderElect: boolean; readonly identity: string }): Promise<AsyncDisposable> {
  const { clock, random, logger, progress } = options;
  await using undo = new AsyncDisposableStack();
  const client = componentClient(options, 'kube-scheduler', undo);
  await expectServer(client, options);
  await startLeading(options, {
    client,
    name: 'kube-scheduler',
    undo,
    start: async () => {
      const scheduler = undo.disposed ? undefined : undo.use(new Scheduler({ client, clock, random, logger: logger.named('scheduler') }));
      await scheduler?.start();
    },
  });
  progress.ready('scheduler');
  return undo.move();
}
