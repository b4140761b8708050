import { isReason } from '../../api/status.ts';
import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError, throwAll } from '../errors.ts';
import { allNamespacesFlag, fieldSelectorFlag, fileFlags, filesOf, selectorFlag } from '../flags/common-flags.ts';
import { bool, duration, int, text } from '../flags/flags.ts';
import type { Item } from '../resources/item.ts';
import { kindName, shownName } from '../resources/item.ts';
import { select } from '../resources/select.ts';
import type { DryRun } from '../writes/write-flags.ts';
import { doneText, dryRunFlag, dryRunOf } from '../writes/write-flags.ts';
import { deleteObject, withSource } from '../writes/write-object.ts';
import { waitUntilGone } from '../writes/wait-until-gone.ts';

const flags = {
  ...fileFlags, ...selectorFlag, ...fieldSelectorFlag, ...allNamespacesFlag, ...dryRunFlag,
  'all': bool('Delete all resources, in the namespace of the specified resource types.'),
  'cascade': text('Must be "background", "orphan", or "foreground". Selects the deletion cascading strategy for the dependents (e.g. Pods created by a ReplicationController).', { initial: 'background', bare: 'background' }),
  'force': bool('If true, immediately remove resources from API and bypass graceful deletion. Note that immediate deletion of some resources may result in inconsistency or data loss and requires confirmation.'),
  'grace-period': int('Period of time in seconds given to the resource to terminate gracefully. Ignored if negative. Set to 1 for immediate shutdown. Can only be set to 0 when --force is true (force deletion).', { initial: -1 }),
  'ignore-not-found': bool('Treat "resource not found" as a successful delete. Defaults to "true" when --all is specified.'),
  'interactive': bool('If true, delete resource only when user confirms.', { short: 'i' }),
  'now': bool('If true, resources are signaled for immediate shutdown (same as --grace-period=1).'),
  'output': text('Output mode. Use "-o name" for shorter output (resource/name).', { short: 'o' }),
  'raw': text('Raw URI to DELETE to the server.  Uses the transport specified by the kubeconfig file.'),
  'timeout': duration('The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object', { initial: 0, text: '0s' }),
  'wait': bool('If true, wait for resources to be gone before returning. This waits for finalizers.', { initial: true }),
} as const;

type DeleteCall = Call<typeof flags>;

const policies: Readonly<Record<string, string>> = { background: 'Background', orphan: 'Orphan', foreground: 'Foreground', true: 'Background', false: 'Orphan' };

async function gracePeriodOf({ flags: { now, force, 'grace-period': asked }, session }: DeleteCall): Promise<number | undefined> {
  if (now && asked !== -1) throw new KubectlError('--now and --grace-period cannot be specified together');
  if (force && (asked > 0 || now)) throw new KubectlError('--force and --grace-period greater than 0 cannot be specified together');
  if (force) {
    await session.io.stderr.write('Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n');
    return 0;
  }
  if (now || asked === 0) return 1;
  return asked < 0 ? undefined : asked;
}

function deletedText(item: Item, { gracePeriod, dryRun, output }: { readonly gracePeriod: number | undefined; readonly dryRun: DryRun; readonly output: string }): string {
  if (output === 'name') return `${shownName(item)}\n`;
  const operation = `${gracePeriod === 0 ? 'force deleted' : 'deleted'}${item.resource!.namespaced ? ` from ${item.namespace} namespace` : ''}`;
  return `${kindName(item.resource!)} "${item.name}" ${doneText(operation, dryRun)}\n`;
}

async function confirmed({ session }: DeleteCall, items: readonly Item[]): Promise<boolean> {
  const { io } = session;
  await io.stdout.write(`You are about to delete the following ${items.length} resource(s):\n${items.map((item) => `${shownName(item)}\n`).join('')}Do you want to continue? (y/N): `);
  let answer = '';
  for await (const chunk of io.stdin as AsyncIterable<Buffer>) {
    answer += chunk.toString();
    if (answer.includes('\n')) break;
  }
  return answer.trim().toLowerCase() === 'y';
}

function check(call: DeleteCall): string {
  const { flags: { output, cascade } } = call;
  if (output !== '' && output !== 'name') throw new KubectlError(`unexpected -o output mode: ${output}. We only support '-o name'`);
  const policy = policies[cascade];
  if (policy === undefined) throw new KubectlError(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
  return policy;
}

async function run(call: DeleteCall): Promise<void> {
  const { session, args, given, flags: values } = call;
  const policy = check(call);
  const dryRun = dryRunOf(values);
  const gracePeriod = await gracePeriodOf(call);
  const connection = await session.connection();
  if (values.raw !== '') {
    await session.io.stdout.write(await connection.text({ method: 'DELETE', path: values.raw }));
    return;
  }
  const { explicit } = await session.namespace();
  const ignoreMissing = given.has('ignore-not-found') ? values['ignore-not-found'] : values.all || values.selector !== '' || values['field-selector'] !== '';
  const selected = await select(session, { args, files: filesOf(values), labelSelector: values.selector, fieldSelector: values['field-selector'], all: values.all, allNamespaces: values['all-namespaces'], fetch: false, continueOnError: true });
  const items = await selected.items();
  const errors: Error[] = [...selected.errors];
  if (values.interactive && items.length > 0 && !(await confirmed(call, items))) {
    await session.io.stdout.write('deletion is cancelled\n');
    return;
  }
  let warn = explicit && !values['all-namespaces'];
  const gone: { readonly item: Item; readonly uid: string | undefined }[] = [];
  for (const item of items) {
    if (warn && !item.resource!.namespaced) {
      await session.io.stderr.write('Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n');
      warn = false;
    }
    try {
      const answer = dryRun === 'client' ? undefined : await deleteObject(connection, item, { propagationPolicy: policy, ...(gracePeriod !== undefined && { gracePeriodSeconds: gracePeriod }), ...(dryRun === 'server' && { dryRun: ['All'] }) });
      await session.io.stdout.write(deletedText(item, { gracePeriod, dryRun, output: values.output }));
      const details = answer?.['details'] as { readonly uid?: string } | undefined;
      gone.push({ item, uid: answer?.kind === 'Status' ? details?.uid : answer?.metadata?.uid });
    } catch (error) {
      if (!(ignoreMissing && isReason(error, 'NotFound'))) errors.push(withSource('deleting', item.source, error));
    }
  }
  throwAll(errors);
  if (items.length === 0) await session.io.stdout.write('No resources found\n');
  if (values.wait && dryRun === 'none') await waitUntilGone(session, gone, values.timeout === 0 ? undefined : values.timeout);
}

export default command({
  usage: 'delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])',
  description: `Delete resources by file names, stdin, resources and names, or by resources and label selector.

 JSON and YAML formats are accepted. Only one type of argument may be specified: file names, resources and names, or resources and label selector.

 Pods are given time to end gracefully; --grace-period shortens or lengthens it, --now makes it one second, and --force with --grace-period=0 does not wait for the node at all.`,
  examples: `
    # Delete a pod using the type and name specified in pod.json
    kubectl delete -f ./pod.json

    # Delete pods and services with same names "baz" and "foo"
    kubectl delete pod,service baz foo

    # Delete pods and services with label name=myLabel
    kubectl delete pods,services -l name=myLabel

    # Delete a pod with minimal delay
    kubectl delete pod foo --now

    # Delete all pods
    kubectl delete pods --all`,
  flags,
  run,
});
