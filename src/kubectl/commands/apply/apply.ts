import { isReason } from '../../../api/status.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { bool, duration, int, list, text } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import { dryRunFlag, dryRunOf, validateFlag, validationOf } from '../../writes/write-flags.ts';
import type { WriteOptions } from '../../writes/write-object.ts';
import { patchObject } from '../../writes/write-object.ts';
import { applyClientSide } from './client-side.ts';

const applyFlags = {
  ...fileFlags, ...selectorFlag, ...outputFlags, ...dryRunFlag, ...validateFlag,
  'all': bool('Select all resources in the namespace of the specified resource types.'),
  'cascade': text('Must be "background", "orphan", or "foreground". Selects the deletion cascading strategy for the dependents (e.g. Pods created by a ReplicationController).', { initial: 'background', bare: 'background' }),
  'field-manager': text('Name of the manager used to track field ownership.', { initial: 'kubectl-client-side-apply' }),
  'force': bool('If true, immediately remove resources from API and bypass graceful deletion.'),
  'force-conflicts': bool('If true, server-side apply will force the changes against conflicts.'),
  'grace-period': int('Period of time in seconds given to the resource to terminate gracefully.', { initial: -1 }),
  'openapi-patch': bool('If true, use openapi to calculate diff when the openapi presents and the resource can be found in the openapi spec. Otherwise, fall back to use baked-in types.', { initial: true }),
  'overwrite': bool('Automatically resolve conflicts between the modified and live configuration by using values from the modified configuration', { initial: true }),
  'prune': bool('Automatically delete resource objects, that do not appear in the configs and are created by either apply or create --save-config.'),
  'prune-allowlist': list('Overwrite the default allowlist with <group/version/kind> for --prune'),
  'server-side': bool('If true, apply runs in the server instead of the client.'),
  'subresource': text('If specified, apply will operate on the subresource of the requested object. Only allowed when using --server-side.'),
  'timeout': duration('The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object', { initial: 0, text: '0s' }),
  'wait': bool('If true, wait for resources to be gone before returning. This waits for finalizers.'),
} as const;

type ApplyCall = Call<typeof applyFlags>;

const conflictAdvice = `
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

function check({ flags, args, path }: ApplyCall, dryRun: DryRun): void {
  const serverSide = flags['server-side'];
  if (args.length > 0) throw new KubectlError(`Unexpected args: [${args.join(' ')}]\nSee '${path} -h' for help and examples`);
  if (flags.filename.length === 0 && flags.kustomize === '') throw new KubectlError('must specify one of -f and -k');
  if (flags['force-conflicts'] && !serverSide) throw new KubectlError('--force-conflicts only works with --server-side');
  if (dryRun === 'client' && serverSide) throw new KubectlError('--dry-run=client doesn\'t work with --server-side (did you mean --dry-run=server instead?)');
  if (flags.force && serverSide) throw new KubectlError('--force cannot be used with --server-side');
  if (flags.force && dryRun === 'server') throw new KubectlError('--dry-run=server cannot be used with --force');
  if (flags.all && flags.selector !== '') throw new KubectlError('cannot set --all and --selector at the same time');
  if (flags.subresource !== '' && !serverSide) throw new KubectlError('--subresource can only be specified for --server-side');
  for (const name of ['prune', 'force'] as const) if (flags[name]) throw new KubectlError(`not supported: --${name}`);
}

async function applyServerSide(call: ApplyCall, item: Item, options: WriteOptions): Promise<AnyObject> {
  try {
    return await patchObject(await call.session.connection(), { ...item, subresource: call.flags.subresource }, { type: 'apply', body: JSON.stringify(item.object) }, { ...options, force: call.flags['force-conflicts'] });
  } catch (error) {
    if (isReason(error, 'Conflict')) throw new KubectlError(`${error.message}${conflictAdvice}`, { cause: error });
    throw error;
  }
}

/** Where a field's manager is not named, who applies in the server is another one than who applies here. */
const managerOf = ({ flags, given }: ApplyCall): string => (flags['server-side'] && !given.has('field-manager') ? 'kubectl' : flags['field-manager']);

async function run(call: ApplyCall): Promise<void> {
  const { session, flags } = call;
  const dryRun = dryRunOf(flags);
  check(call, dryRun);
  const options: WriteOptions = { dryRun, fieldManager: managerOf(call), fieldValidation: validationOf(flags) };
  const printerOf = await donePrinters(session, flags, dryRun);
  const selected = await select(session, { files: filesOf(flags), labelSelector: flags.selector, continueOnError: true });
  const items = await selected.items();
  const errors: Error[] = [...selected.errors];
  if (items.length === 0 && errors.length === 0) throw new KubectlError('no objects passed to apply');
  for (const item of items) {
    try {
      if (item.name === '' && item.object?.metadata?.generateName !== undefined) throw new KubectlError(`from ${item.object.metadata.generateName}: cannot use generate name with apply`);
      const done = flags['server-side'] ? { object: await applyServerSide(call, item, options), operation: 'serverside-applied' } : await applyClientSide(session, item, { ...options, dryRun });
      if (done.object.metadata?.deletionTimestamp !== undefined) await session.io.stderr.write(`Warning: Detected changes to resource ${item.name} which is currently being deleted.\n`);
      await session.io.stdout.write(printerOf(done.operation).print(done.object));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      errors.push(error);
    }
  }
  throwAll(errors);
}

export default command({
  usage: 'apply (-f FILENAME | -k DIRECTORY)',
  description: `Apply a configuration to a resource by file name or stdin. The resource name must be specified. This resource will be created if it doesn't exist yet. To use 'apply', always create the resource initially with either 'apply' or 'create --save-config'.

 JSON and YAML formats are accepted.`,
  examples: `
    # Apply the configuration in pod.json to a pod
    kubectl apply -f ./pod.json

    # Apply the JSON passed into stdin to a pod
    cat pod.json | kubectl apply -f -

    # Let the server merge, and own what is applied
    kubectl apply --server-side -f ./deployment.yaml`,
  flags: applyFlags,
  run,
});
