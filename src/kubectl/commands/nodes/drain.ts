import { parseLabelSelector } from '../../../api/meta/label-selector-parser.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { AggregateFailure, KubectlError, throwAll } from '../../errors.ts';
import { chunkSizeFlag, selectorFlag } from '../../flags/common-flags.ts';
import { bool, duration, int, text } from '../../flags/flags.ts';
import { NamePrinter } from '../../printers/object-printers.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import { doneText, dryRunFlag, dryRunOf } from '../../writes/write-flags.ts';
import { cordon, selectNodes } from './cordoning.ts';
import { PodRemoval } from './pod-removal.ts';
import type { DrainRules } from './pods-to-drain.ts';
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

/** Why a node is not empty; what is left on it has been told. */
async function tellOfPending(call: DrainCall, node: string, failure: Error): Promise<void> {
  const { session: { io: { stderr } } } = call;
  const { pods, errors } = await podsToDrain(call.session, node, rulesOf(call));
  if (errors.length > 0) await stderr.write(`Following errors occurred while getting the list of pods to delete:\n${new AggregateFailure(errors).message}`);
  else if (pods.length > 0) await stderr.write(`There are pending pods in node ${JSON.stringify(node)} when an error occurred: ${failure.message}\n${pods.map(({ name }) => `pod/${name}\n`).join('')}`);
}

const rulesOf = ({ flags: values }: DrainCall): DrainRules => ({
  force: values.force, ignoreDaemonSets: values['ignore-daemonsets'], deleteEmptyDirData: values['delete-emptydir-data'], podSelector: values['pod-selector'],
  skipDeletedSeconds: values['skip-wait-for-delete-timeout'], chunkSize: values['chunk-size'],
});

/** Empties one node. Throws when that does not succeed. */
async function drainNode(call: DrainCall, node: string, dryRun: DryRun): Promise<void> {
  const { session, flags: values } = call;
  const { io: { stdout, stderr } } = session;
  const { pods, warnings, errors } = await podsToDrain(session, node, rulesOf(call));
  if (errors.length > 0) throw new AggregateFailure(errors);
  if (warnings !== '') await stderr.write(`Warning: ${warnings}\n`);
  if (dryRun === 'client') {
    for (const { namespace, name } of pods) await stdout.write(`evicting pod ${namespace}/${name} (dry run)\n`);
    return;
  }
  try {
    const removal = new PodRemoval(session, { timeoutMs: values.timeout, gracePeriodSeconds: values['grace-period'], skipDeletedSeconds: values['skip-wait-for-delete-timeout'], dryRun });
    await (values['disable-eviction'] ? removal.deleteAll(pods) : removal.evictAll(pods));
  } catch (error) {
    if (error instanceof Error) await tellOfPending(call, node, error);
    throw error;
  }
}

function checkPodSelector(selector: string): void {
  try {
    if (selector !== '') parseLabelSelector(selector);
  } catch (error) {
    throw new KubectlError('--pod-selector=<pod_selector> must be a valid label selector', { cause: error });
  }
}

async function run(call: DrainCall): Promise<void> {
  const { session, flags: values, args, path } = call;
  const dryRun = dryRunOf(values);
  checkPodSelector(values['pod-selector']);
  const selected = await selectNodes(session, { args, selector: values.selector, path, usage: 'drain NODE' });
  const nodes = await selected.items();
  throwAll(selected.errors);
  for (const item of nodes) await cordon(session, item, { unschedulable: true, dryRun });
  const failures: Error[] = [];
  const left: string[] = [];
  for (const item of nodes) {
    try {
      await drainNode(call, item.name, dryRun);
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
