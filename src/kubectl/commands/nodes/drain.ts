import { isReason } from '../../../api/status.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { pathOf } from '../../discovery/resource.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { chunkSizeFlag, selectorFlag } from '../../flags/common-flags.ts';
import { bool, duration, int, text } from '../../flags/flags.ts';
import { NamePrinter } from '../../printers/object-printers.ts';
import type { Item } from '../../resources/item.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import { doneText, dryRunFlag, dryRunOf } from '../../writes/write-flags.ts';
import { cordon, selectNodes } from './cordoning.ts';
import type { DrainedPod } from './pods-to-drain.ts';
import { podsToDrain } from './pods-to-drain.ts';

const flags = {
  ...selectorFlag, ...dryRunFlag, ...chunkSizeFlag,
  'delete-emptydir-data': bool('Continue even if there are pods using emptyDir (local data that will be deleted when the node is drained).'),
  'disable-eviction': bool('Force drain to use delete, even if eviction is supported. This will bypass checking PodDisruptionBudgets, use with caution.'),
  'force': bool('Continue even if there are pods that do not declare a controller.'),
  'grace-period': int('Period of time in seconds given to each pod to terminate gracefully. If negative, the default value specified in the pod will be used.', { initial: -1 }),
  'ignore-daemonsets': bool('Ignore DaemonSet-managed pods.'),
  'pod-selector': text('Label selector to filter pods on the node'),
  'skip-wait-for-delete-timeout': int('If pod DeletionTimestamp older than N seconds, skip waiting for the pod.  Seconds must be greater than 0 to skip.'),
  'timeout': duration('The length of time to wait before giving up, zero means infinite', { initial: 0, text: '0s' }),
} as const;

type DrainCall = Call<typeof flags>;

const podType = { group: '', version: 'v1', resource: 'pods', namespaced: true } as const;
/** After a budget has refused. */
const retryMs = 5000;
/** Between looks whether a pod is gone. */
const lookMs = 250;

class Drain {
  readonly #call: DrainCall;
  readonly #dryRun: DryRun;
  readonly #deadlineMs: number;

  constructor(call: DrainCall, dryRun: DryRun) {
    this.#call = call;
    this.#dryRun = dryRun;
    const { timeout } = call.flags;
    this.#deadlineMs = timeout > 0 ? call.session.io.clock.monotonicMs() + timeout : Infinity;
  }

  /** Empties one node. Throws when that does not succeed. */
  async node(item: Item): Promise<void> {
    const { session, flags: values } = this.#call;
    const { pods, warnings, errors } = await podsToDrain(session, item.name, { force: values.force, ignoreDaemonSets: values['ignore-daemonsets'], deleteEmptyDirData: values['delete-emptydir-data'], podSelector: values['pod-selector'] });
    throwAll(errors);
    if (warnings !== '') await session.io.stderr.write(`Warning: ${warnings}\n`);
    if (this.#dryRun === 'client') {
      for (const { namespace, name } of pods) await session.io.stdout.write(`evicting pod ${namespace}/${name} (dry run)\n`);
      return;
    }
    const outcomes = await Promise.allSettled(pods.map((pod) => this.#pod(pod)));
    throwAll(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : [])));
  }

  async #pod(pod: DrainedPod): Promise<void> {
    const { session, flags: values } = this.#call;
    const connection = await session.connection();
    const evicting = !values['disable-eviction'];
    const options = { ...(values['grace-period'] >= 0 && { gracePeriodSeconds: values['grace-period'] }), ...(this.#dryRun === 'server' && { dryRun: ['All'] }) };
    for (;;) {
      await session.io.stdout.write(`${evicting ? 'evicting' : 'deleting'} pod ${pod.namespace}/${pod.name}${this.#dryRun === 'server' ? ' (server dry run)' : ''}\n`);
      if (session.io.clock.monotonicMs() >= this.#deadlineMs) throw new KubectlError(`error when evicting pods/${JSON.stringify(pod.name)} -n ${JSON.stringify(pod.namespace)}: global timeout reached: ${values.timeout / 1000}s`);
      try {
        if (evicting) await connection.json({ method: 'POST', path: pathOf(podType, { ...pod, subresource: 'eviction' }), body: JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod.name, namespace: pod.namespace }, deleteOptions: options }) });
        else await connection.json({ method: 'DELETE', path: pathOf(podType, pod), body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...options }) });
        break;
      } catch (error) {
        if (isReason(error, 'NotFound')) return;
        if (!isReason(error, 'TooManyRequests')) throw new KubectlError(`error when evicting pods/${JSON.stringify(pod.name)} -n ${JSON.stringify(pod.namespace)}: ${(error as Error).message}`, { cause: error });
        await session.io.stderr.write(`error when evicting pods/${JSON.stringify(pod.name)} -n ${JSON.stringify(pod.namespace)} (will retry after 5s): ${error.message}\n`);
        await session.io.clock.sleep(retryMs, session.io.signal);
      }
    }
    if (this.#dryRun === 'none') await this.#untilGone(pod, evicting);
  }

  async #untilGone(pod: DrainedPod, evicting: boolean): Promise<void> {
    const { session, flags: values } = this.#call;
    const { clock, signal } = session.io;
    const connection = await session.connection();
    const skipMs = values['skip-wait-for-delete-timeout'] * 1000;
    for (;;) {
      try {
        const { metadata } = await connection.json<{ readonly metadata: { readonly uid?: string; readonly deletionTimestamp?: string } }>({ method: 'GET', path: pathOf(podType, pod) });
        if (metadata.uid !== pod.uid) break;
        if (skipMs > 0 && metadata.deletionTimestamp !== undefined && clock.now() - Date.parse(metadata.deletionTimestamp) > skipMs) break;
      } catch (error) {
        if (isReason(error, 'NotFound')) break;
        throw error;
      }
      if (clock.monotonicMs() >= this.#deadlineMs) throw new KubectlError(`error when waiting for pod ${JSON.stringify(pod.name)} in namespace ${JSON.stringify(pod.namespace)} to terminate: global timeout reached: ${values.timeout / 1000}s`);
      await clock.sleep(lookMs, signal);
    }
    await session.io.stdout.write(`pod/${pod.name} ${evicting ? 'evicted' : 'deleted'}\n`);
  }
}

async function run(call: DrainCall): Promise<void> {
  const { session, flags: values, args, path } = call;
  const dryRun = dryRunOf(values);
  const selected = await selectNodes(session, { args, selector: values.selector, path, usage: 'drain NODE' });
  const nodes = await selected.items();
  throwAll(selected.errors);
  for (const item of nodes) await cordon(session, item, { unschedulable: true, dryRun });
  const drain = new Drain(call, dryRun);
  const failures: Error[] = [];
  const left: string[] = [];
  for (const item of nodes) {
    try {
      await drain.node(item);
      await session.io.stdout.write(new NamePrinter(doneText('drained', dryRun)).print(item.object!));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      await session.io.stderr.write(`error: unable to drain node ${JSON.stringify(item.name)} due to error: ${error.message}, continuing command...\n`);
      failures.push(error);
      left.push(item.name);
    }
  }
  if (left.length > 0) await session.io.stderr.write(`There are pending nodes to be drained:\n${left.map((name) => ` ${name}\n`).join('')}`);
  throwAll(failures);
}

export default command({
  usage: 'drain NODE',
  description: `Drain node in preparation for maintenance.

 The given node will be marked unschedulable to prevent new pods from arriving. 'drain' evicts the pods, so that disruption budgets are respected, and waits until they are gone. Pods of DaemonSets, pods without a controller and pods with local data stop it unless a flag says otherwise.`,
  examples: `
    # Drain node "foo", even if there are pods not managed by a controller on it
    kubectl drain foo --force

    # As above, but abort if there are pods that are not managed, and use a grace period of 15 minutes
    kubectl drain foo --grace-period=900`,
  flags,
  run,
});
