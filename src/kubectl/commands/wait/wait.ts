import { isReason } from '../../../api/status.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { allNamespacesFlag, fieldSelectorFlag, fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { array, bool, duration } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import type { Item } from '../../resources/item.ts';
import type { Selection } from '../../resources/select.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import type { Condition } from './conditions.ts';
import { conditionsOf } from './conditions.ts';
import type { Limit } from './wait-for.ts';
import { timedOut, waitForDeletion, waitForState } from './wait-for.ts';

const { filename, recursive } = fileFlags;

const flags = {
  filename, recursive, ...selectorFlag, ...fieldSelectorFlag, ...allNamespacesFlag, ...outputFlags,
  'all': bool('Select all resources in the namespace of the specified resource types'),
  'for': array('The condition to wait on: [create|delete|condition=condition-name[=condition-value]|jsonpath=\'{JSONPath expression}\'=[JSONPath value]]. The default condition-value is true. Condition values are compared without regard to case. Several conditions are waited for one after the other; create is always the first.'),
  'local': bool('If true, annotation will NOT contact api-server but run locally.'),
  'timeout': duration('The length of time to wait before giving up. Zero means check once and don\'t wait, negative means wait for a week.', { initial: 30_000, text: '30s' }),
} as const;

type WaitCall = Call<typeof flags>;

const weekMs = 7 * 24 * 3600 * 1000;
/** How often is looked whether something has been created. */
const pollMs = 500;

/** Waits until something is there that the line names. */
async function waitForCreation({ session }: WaitCall, selection: Selection, limit: Limit): Promise<void> {
  const { io } = session;
  for (;;) {
    const selected = await select(session, selection);
    const items = await selected.items();
    const others = selected.errors.filter((error) => !isReason(error, 'NotFound'));
    throwAll(others);
    if (items.length > 0 && selected.errors.length === 0) return;
    try {
      if (limit.once) throw new Error(timedOut);
      await io.clock.sleep(pollMs, limit.signal);
    } catch {
      if (io.signal.aborted) throw io.signal.reason as Error;
      throw new KubectlError(timedOut);
    }
  }
}

async function waitOn(call: WaitCall, item: Item, condition: Condition, limit: Limit): Promise<void> {
  const { session, flags: values } = call;
  const done = condition.kind === 'create' ? item.object! : condition.kind === 'delete' ? await waitForDeletion(session, item, limit) : await waitForState(session, item, condition.met, limit);
  const printerOf = await donePrinters(session, values, 'none');
  await session.io.stdout.write(printerOf('condition met').print(done));
}

async function run(call: WaitCall): Promise<void> {
  const { session, args, flags: values } = call;
  const { io } = session;
  await donePrinters(session, values, 'none');
  const conditions = conditionsOf(values.for);
  const deletes = conditions.some(({ kind }) => kind === 'delete');
  const selection: Selection = { args, files: filesOf({ ...values, kustomize: '' }), labelSelector: values.selector, fieldSelector: values['field-selector'], allNamespaces: values['all-namespaces'], typeAlone: values.all, local: values.local, latest: !values.local, continueOnError: true };
  const over = new AbortController();
  const timeoutMs = values.timeout < 0 ? weekMs : values.timeout;
  const timer = timeoutMs === 0 ? undefined : io.clock.setTimer(timeoutMs, () => over.abort(new KubectlError(timedOut)));
  const limit: Limit = { once: timeoutMs === 0, signal: AbortSignal.any([io.signal, over.signal]) };
  try {
    if (conditions.some(({ kind }) => kind === 'create')) await waitForCreation(call, selection, limit);
    const selected = await select(session, selection);
    const errors: Error[] = [];
    let count = 0;
    for await (const item of selected.visit()) {
      count++;
      try {
        for (const condition of conditions) await waitOn(call, item, condition, limit);
      } catch (error) {
        if (!(error instanceof Error) || io.signal.aborted) throw error;
        errors.push(error);
      }
    }
    throwAll([...errors, ...selected.errors.filter((error) => !(deletes && isReason(error, 'NotFound')))]);
    if (count === 0 && !deletes) throw new KubectlError('no matching resources found');
  } finally {
    timer?.cancel();
  }
}

export default command({
  usage: 'wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath=\'{}\'[=value]]',
  description: 'Wait for a specific condition on one or many resources: that they are there, that they are gone, or that their status says something.',
  examples: `
    # Until a pod is ready
    kubectl wait --for=condition=Ready pod/web-0

    # Until it runs
    kubectl wait --for=jsonpath='{.status.phase}'=Running pod/web-0

    # Until all pods of an application are gone, a minute at most
    kubectl wait --for=delete pod -l app=web --timeout=60s

    # Until somebody makes it, and it is ready
    kubectl wait --for=create --for=condition=Ready pod/web-0`,
  flags,
  run,
});
