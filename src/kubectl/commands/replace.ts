import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError, throwAll } from '../errors.ts';
import { fileFlags, filesOf } from '../flags/common-flags.ts';
import { bool, text } from '../flags/flags.ts';
import { outputFlags } from '../printers/output.ts';
import type { Printer } from '../printers/printer.ts';
import type { AnyObject, Item } from '../resources/item.ts';
import { getObject, select } from '../resources/select.ts';
import { deleteItems, deletionFlags, policyOf } from '../writes/deletion.ts';
import { donePrinters } from '../writes/done-printer.ts';
import { withLastApplied } from '../writes/last-applied.ts';
import { checkRaw, sendRaw } from '../writes/raw.ts';
import { waitUntilGone } from '../writes/wait-until-gone.ts';
import type { DryRun } from '../writes/write-flags.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, validateFlag, validationOf } from '../writes/write-flags.ts';
import { createObject, replaceObject, withSource } from '../writes/write-object.ts';

const flags = {
  ...fileFlags, ...outputFlags, ...dryRunFlag, ...validateFlag, ...deletionFlags({ wait: false }), ...fieldManagerFlag('kubectl-replace'),
  'raw': text('Raw URI to PUT to the server.  Uses the transport specified by the kubeconfig file.'),
  'save-config': bool('If true, the configuration of current object will be saved in its annotation.'),
  'subresource': text('If specified, replace will operate on the subresource of the requested object.'),
} as const;

type ReplaceCall = Call<typeof flags>;

/** As long as upstream waits for what it deletes by force. */
const defaultTimeoutMs = 5 * 60 * 1000;

const prepared = (call: ReplaceCall, object: AnyObject): AnyObject => (call.flags['save-config'] ? withLastApplied(object) : object);

/** Replaces what is there now: with the version that it has now, where the file names none. */
async function replaceNow(call: ReplaceCall, item: Item, dryRun: DryRun): Promise<AnyObject> {
  const { session, flags: values } = call;
  const object = prepared(call, item.object!);
  if (dryRun === 'client') return object;
  const connection = await session.connection();
  const send = (one: AnyObject): Promise<AnyObject> => replaceObject(connection, item, one, { dryRun, fieldManager: values['field-manager'], fieldValidation: validationOf(values) });
  try {
    if (object.metadata?.resourceVersion !== undefined) return await send(object);
    const { metadata } = await getObject(connection, item).catch((): AnyObject => ({}));
    return await send(metadata?.resourceVersion === undefined ? object : { ...object, metadata: { ...object.metadata, resourceVersion: metadata.resourceVersion } });
  } catch (error) {
    throw withSource('replacing', item.source, error);
  }
}

async function eachOf(items: readonly Item[], errors: Error[], act: (item: Item) => Promise<void>): Promise<void> {
  for (const item of items) {
    try {
      await act(item);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      errors.push(error);
    }
  }
  throwAll(errors);
}

/** Deletes and makes anew: what is unchangeable changes so, and what belongs to the object goes. */
async function forceReplace(call: ReplaceCall, { items, errors, printer, policy }: { readonly items: readonly Item[]; readonly errors: Error[]; readonly printer: Printer; readonly policy: string }): Promise<void> {
  const { session, flags: values } = call;
  const timeoutMs = values.timeout === 0 ? undefined : values.timeout;
  const grace = values['grace-period'];
  await deleteItems(session, items, { policy, gracePeriod: grace < 0 ? undefined : Math.max(grace, 1), dryRun: 'none', output: values.output, ignoreMissing: true, wait: values.wait || grace === 0 ? { timeoutMs } : undefined, warnOfClusterScope: false }, errors);
  throwAll(errors);
  await waitUntilGone(session, items.map((item) => ({ item, uid: undefined })), timeoutMs ?? defaultTimeoutMs);
  const connection = await session.connection();
  await eachOf(items, errors, async (item) => {
    const { resourceVersion: _, ...metadata } = item.object!.metadata ?? {};
    const object = prepared(call, { ...item.object!, metadata });
    await session.io.stdout.write(printer.print(await createObject(connection, item, object, { fieldManager: values['field-manager'], fieldValidation: validationOf(values) })));
  });
  if (items.length === 0) throw new KubectlError('no objects passed to replace');
}

function check({ flags: values }: ReplaceCall, dryRun: DryRun): void {
  if (values.filename.length === 0 && values.kustomize === '') throw new KubectlError('must specify one of -f and -k');
  // Upstream makes one second of none, and then asks for --force as for any other number.
  if (values['grace-period'] >= 0 && !values.force) throw new KubectlError('--grace-period must have --force specified');
  if (values.timeout !== 0 && !values.force) throw new KubectlError('--timeout must have --force specified');
  if (values.force && dryRun !== 'none') throw new KubectlError('--dry-run can not be used when --force is set');
  if (values.raw !== '') checkRaw(values, { body: true });
}

export default command({
  usage: 'replace -f FILENAME',
  description: `Replace a resource by file name or stdin.

 JSON and YAML formats are accepted. If replacing an existing resource, the complete resource spec must be provided: what 'kubectl get TYPE NAME -o yaml' shows. With --force, the resource is deleted and made anew.`,
  examples: `
    # Replace a pod using the data in pod.json
    kubectl replace -f ./pod.json

    # Update a single-container pod's image version (tag) to v4
    kubectl get pod mypod -o yaml | sed 's/\\(image: myimage\\):.*$/\\1:v4/' | kubectl replace -f -

    # Force replace, delete and then re-create the resource
    kubectl replace --force -f ./pod.json`,
  flags,
  async run(call) {
    const { session, flags: values } = call;
    validationOf(values);
    const dryRun = dryRunOf(values);
    const printer = (await donePrinters(session, values, dryRun))('replaced');
    const policy = await policyOf(values.cascade, session.io);
    check(call, dryRun);
    if (values.raw !== '') return sendRaw(session, 'PUT', values);
    const selected = await select(session, { files: filesOf(values), subresource: values.subresource, continueOnError: true });
    const items = await selected.items();
    const errors = [...selected.errors];
    if (values.force) return forceReplace(call, { items, errors, printer, policy });
    await eachOf(items, errors, async (item) => session.io.stdout.write(printer.print(await replaceNow(call, item, dryRun))));
  },
});
