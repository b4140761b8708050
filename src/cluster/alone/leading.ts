import type { Client } from '../../client/client.ts';
import { runLeaderElection } from '../../client/leader-election/leader-election.ts';
import type { ComponentOptions } from './component.ts';

/**
 * Starts a component once it holds the lease of its name in kube-system, or at once without an election. Resolves when
 * it has been started, or when the stack is disposed before that. When the lease is lost, `onLost` is told: another candidate may
 * lead already, so the process must end.
 */
export async function startLeading(options: ComponentOptions & { readonly leaderElect: boolean; readonly identity: string }, { client, name, undo, start }: { readonly client: Client; readonly name: string; readonly undo: AsyncDisposableStack; readonly start: () => Promise<void> }): Promise<void> {
  const { clock, random, logger, progress, identity, onLost } = options;
  if (!options.leaderElect) return start();
  const stop = new AbortController();
  const started = Promise.withResolvers<void>();
  progress.doing(`waiting for the lease kube-system/${name}`);
  const election = runLeaderElection({
    client, clock, random, logger: logger.named(name), namespace: 'kube-system', name, identity: `${identity}_${random.uuid()}`, signal: stop.signal,
    lead: async (signal) => {
      await start();
      started.resolve();
      await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }); });
    },
  });
  undo.defer(async () => {
    stop.abort(new Error(`${name} was stopped`));
    await election.catch(() => {});
  });
  election.then(
    () => {
      started.resolve();
      if (!stop.signal.aborted) onLost(new Error(`${name} lost its lease; another one leads`));
    },
    (error: Error) => {
      started.reject(error);
      if (!stop.signal.aborted) onLost(error);
    },
  );
  await started.promise;
}
