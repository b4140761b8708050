import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError, throwAll } from '../errors.ts';
import { allNamespacesFlag, fieldSelectorFlag, fileFlags, filesOf, selectorFlag } from '../flags/common-flags.ts';
import { bool, text } from '../flags/flags.ts';
import type { Item } from '../resources/item.ts';
import { shownName } from '../resources/item.ts';
import { select } from '../resources/select.ts';
import { deleteItems, deletionFlags, graceOf, policyOf, warnOfForce } from '../writes/deletion.ts';
import { checkRaw, sendRaw } from '../writes/raw.ts';
import { dryRunFlag, dryRunOf } from '../writes/write-flags.ts';

const flags = {
  ...fileFlags, ...selectorFlag, ...fieldSelectorFlag, ...allNamespacesFlag, ...dryRunFlag, ...deletionFlags({ wait: true }),
  'all': bool('Delete all resources, in the namespace of the specified resource types.'),
  'ignore-not-found': bool('Treat "resource not found" as a successful delete. Defaults to "true" when --all is specified.'),
  'interactive': bool('If true, delete resource only when user confirms.', { short: 'i' }),
  'now': bool('If true, resources are signaled for immediate shutdown (same as --grace-period=1).'),
  'output': text('Output mode. Use "-o name" for shorter output (resource/name).', { short: 'o' }),
  'raw': text('Raw URI to DELETE to the server.  Uses the transport specified by the kubeconfig file.'),
} as const;

type DeleteCall = Call<typeof flags>;

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

async function run(call: DeleteCall): Promise<void> {
  const { session, args, given, flags: values } = call;
  const { io } = session;
  const policy = await policyOf(values.cascade, io);
  if (values.now && values['grace-period'] !== -1) throw new KubectlError('--now and --grace-period cannot be specified together');
  const gracePeriod = values.now ? 1 : graceOf(values);
  const dryRun = dryRunOf(values);
  const ignoreMissing = given.has('ignore-not-found') ? values['ignore-not-found'] : values.all || values.selector !== '' || values['field-selector'] !== '';
  const { explicit } = await session.namespace();
  // What is named is looked up first, so that a wrong type is told before a wrong flag.
  const selected = values.raw === '' ? await select(session, { args, files: filesOf(values), labelSelector: values.selector, fieldSelector: values['field-selector'], all: values.all, allNamespaces: values['all-namespaces'], fetch: false, continueOnError: true }) : undefined;
  if (values.output !== '' && values.output !== 'name') throw new KubectlError(`unexpected -o output mode: ${values.output}. We only support '-o name'`);
  await warnOfForce({ force: values.force, grace: gracePeriod }, io);
  if (selected === undefined) {
    if (values.interactive) throw new KubectlError('--interactive can not be used with --raw');
    checkRaw(values, { body: false });
    return sendRaw(session, 'DELETE', values);
  }
  const items = await selected.items();
  if (values.interactive) {
    throwAll(selected.errors);
    if (items.length > 0 && !(await confirmed(call, items))) return io.stdout.write('deletion is cancelled\n');
  }
  const errors: Error[] = [...selected.errors];
  await deleteItems(session, items, { policy, gracePeriod, dryRun, output: values.output, ignoreMissing, wait: values.wait ? { timeoutMs: values.timeout === 0 ? undefined : values.timeout } : undefined, warnOfClusterScope: explicit && !values['all-namespaces'] }, errors);
  throwAll(errors);
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
