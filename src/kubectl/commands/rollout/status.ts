import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { bool, duration, int } from '../../flags/flags.ts';
import type { Item } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { statesOf } from '../../resources/states-of.ts';
import type { Session } from '../../session.ts';
import { requireResource } from './rollout-flags.ts';
import type { Workload } from './workload.ts';
import { progressOf } from './workload.ts';

/** Tells how far a rollout is, at each change, until it is done. Rejects when it never will be, or not in time. */
async function follow(session: Session, item: Item, { revision, watch, timeoutMs }: { readonly revision: number; readonly watch: boolean; readonly timeoutMs: number }): Promise<void> {
  const { clock, signal, stdout } = session.io;
  const over = new AbortController();
  const timer = timeoutMs > 0 ? clock.setTimer(timeoutMs, () => over.abort(new KubectlError('timed out waiting for the condition'))) : undefined;
  try {
    for await (const object of statesOf(session, item, AbortSignal.any([signal, over.signal]))) {
      if (object === undefined) throw new KubectlError('object has been deleted');
      const { message, done } = progressOf(object as Workload, revision);
      await stdout.write(message);
      if (done || !watch) return;
    }
  } catch (error) {
    throw over.signal.aborted ? over.signal.reason as Error : error;
  } finally {
    timer?.cancel();
  }
}

export default command({
  usage: 'status (TYPE NAME | TYPE/NAME) [flags]',
  description: 'Show the status of the rollout.\n\n By default \'rollout status\' will watch the status of the latest rollout until it\'s done. If you don\'t want to wait for the rollout to finish then you can use --watch=false.',
  examples: `
    # Watch the rollout status of a deployment
    kubectl rollout status deployment/nginx`,
  flags: {
    ...fileFlags, ...selectorFlag,
    revision: int('Pin to a specific revision for showing its status. Defaults to 0 (last revision).'),
    timeout: duration('The length of time to wait before ending watch, zero means never. Any other values should contain a corresponding time unit (e.g. 1s, 2m, 3h).', { initial: 0, text: '0s' }),
    watch: bool('Watch the status of the rollout until it\'s done.', { short: 'w', initial: true }),
  },
  async run({ session, flags, args }) {
    requireResource(args, flags);
    if (flags.revision < 0) throw new KubectlError(`revision must be a positive integer: ${flags.revision}`);
    const selected = await select(session, { args, files: filesOf(flags), labelSelector: flags.selector, typeAlone: true, latest: true, continueOnError: true });
    const errors: Error[] = [];
    let count = 0;
    for await (const item of selected.visit()) {
      count++;
      try {
        await follow(session, item, { revision: flags.revision, watch: flags.watch, timeoutMs: flags.timeout });
      } catch (error) {
        if (!(error instanceof Error) || session.io.signal.aborted) throw error;
        errors.push(error);
      }
    }
    throwAll([...selected.errors, ...errors]);
    if (count === 0) await session.io.stderr.write(`No resources found in ${(await session.namespace()).name} namespace.\n`);
  },
});
