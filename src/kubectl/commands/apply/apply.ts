import { isReason } from '../../../api/status.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { bool, list, text } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { usageError } from '../../usage-error.ts';
import { deletionFlags, graceOf, policyOf } from '../../writes/deletion.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { lastAppliedAnnotation } from '../../writes/last-applied.ts';
import { recordFlag, recorded } from '../../writes/record.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import { dryRunFlag, dryRunOf, validateFlag, validationOf } from '../../writes/write-flags.ts';
import type { WriteOptions } from '../../writes/write-object.ts';
import { patchObject } from '../../writes/write-object.ts';
import type { ApplySet } from './apply-set.ts';
import type { Applied } from './client-side.ts';
import { applyClientSide } from './client-side.ts';

const applyFlags = {
  ...fileFlags, ...selectorFlag, ...outputFlags, ...dryRunFlag, ...validateFlag, ...recordFlag, ...deletionFlags({ wait: false }),
  'all': bool('Select all resources in the namespace of the specified resource types.'),
  'applyset': text('[alpha] The name of the ApplySet that tracks which resources are being managed, for the purposes of determining what to prune. Format: [RESOURCE][.GROUP]/NAME. A Secret will be used if no resource or group is specified. Needs KUBECTL_APPLYSET=true.', { hidden: true }),
  'field-manager': text('Name of the manager used to track field ownership.', { initial: 'kubectl-client-side-apply' }),
  'force-conflicts': bool('If true, server-side apply will force the changes against conflicts.'),
  'openapi-patch': bool('If true, use openapi to calculate diff when the openapi presents and the resource can be found in the openapi spec. Otherwise, fall back to use baked-in types.', { initial: true }),
  'overwrite': bool('Automatically resolve conflicts between the modified and live configuration by using values from the modified configuration', { initial: true }),
  'prune': bool('Automatically delete resource objects, that do not appear in the configs and are created by either apply or create --save-config.'),
  'prune-allowlist': list('Overwrite the default allowlist with <group/version/kind> for --prune'),
  'server-side': bool('If true, apply runs in the server instead of the client.'),
  'subresource': text('If specified, apply will operate on the subresource of the requested object. Only allowed when using --server-side.'),
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

async function check({ flags, session }: ApplyCall, { dryRun, applySet }: { readonly dryRun: DryRun; readonly applySet: ApplySet | undefined }): Promise<void> {
  const serverSide = flags['server-side'];
  if (flags['force-conflicts'] && !serverSide) throw new KubectlError('--force-conflicts only works with --server-side');
  if (dryRun === 'client' && serverSide) throw new KubectlError('--dry-run=client doesn\'t work with --server-side (did you mean --dry-run=server instead?)');
  if (flags.force && serverSide) throw new KubectlError('--force cannot be used with --server-side');
  if (flags.force && dryRun === 'server') throw new KubectlError('--dry-run=server cannot be used with --force');
  if (flags.all && flags.selector !== '') throw new KubectlError('cannot set --all and --selector at the same time');
  if (applySet !== undefined && !flags.prune) throw new KubectlError('--applyset requires --prune');
  await applySet?.check();
  if (flags.prune) checkPrune(flags, applySet !== undefined);
  if (flags.subresource !== '' && !serverSide) throw new KubectlError('--subresource can only be specified for --server-side');
  if (flags.prune && applySet === undefined && flags['prune-allowlist'].length === 0) await session.io.stderr.write('Warning: kubectl apply will no longer prune non-namespaced resources by default when used with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.\n');
}

function checkPrune(flags: ApplyCall['flags'], withSet: boolean): void {
  if (flags.force) throw new KubectlError('--force cannot be used with --prune');
  if (withSet) {
    if (flags.all) throw new KubectlError('--all is incompatible with --applyset');
    if (flags.selector !== '') throw new KubectlError('--selector is incompatible with --applyset');
    if (flags['prune-allowlist'].length > 0) throw new KubectlError('--prune-allowlist is incompatible with --applyset');
    return;
  }
  if (!flags.all && flags.selector === '') throw new KubectlError('all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector');
  if (flags['server-side']) throw new KubectlError('--prune is in alpha and doesn\'t currently work on objects created by server-side apply');
}

async function applyServerSide(call: ApplyCall, item: Item, options: WriteOptions): Promise<AnyObject> {
  const connection = await call.session.connection();
  const apply = (): Promise<AnyObject> => patchObject(connection, { ...item, subresource: call.flags.subresource }, { type: 'apply', body: JSON.stringify(item.object) }, { ...options, force: call.flags['force-conflicts'] });
  try {
    const applied = await apply();
    // Loaded where there is something that was applied before.
    if (applied.metadata?.annotations?.[lastAppliedAnnotation] === undefined) return applied;
    const { migrate } = await import('./migrate.ts');
    return await migrate({ session: call.session, item: { ...item, subresource: call.flags.subresource }, options, manager: options.fieldManager ?? '' }, applied, apply);
  } catch (error) {
    if (isReason(error, 'Conflict')) throw new KubectlError(`${error.message}${conflictAdvice}`, { cause: error });
    throw error;
  }
}

/** Where a field's manager is not named, who applies in the server is another one than who applies here. */
const managerOf = ({ flags, given }: ApplyCall): string => (flags['server-side'] && !given.has('field-manager') ? 'kubectl' : flags['field-manager']);

/** Objects that were asked for with `-o` are shown together at the end. */
const showsTogether = ({ output, template }: ApplyCall['flags']): boolean => (output !== '' && output !== 'name') || template !== '';

async function applyOne(call: ApplyCall, item: Item, options: WriteOptions & { readonly dryRun: DryRun; readonly policy: string }): Promise<Applied> {
  const { session, flags } = call;
  if (item.name === '' && item.object?.metadata?.generateName !== undefined) throw new KubectlError(`from ${item.object.metadata.generateName}: cannot use generate name with apply`);
  const wanted: Item = { ...item, object: recorded(call, item.object!) };
  const replace = flags.force ? { policy: options.policy, gracePeriod: graceOf({ ...flags, force: false }), timeoutMs: flags.timeout } : undefined;
  const done = flags['server-side'] ? { object: await applyServerSide(call, wanted, options), operation: 'serverside-applied' } : await applyClientSide(session, wanted, { ...options, replace });
  if (done.object.metadata?.deletionTimestamp !== undefined) await session.io.stderr.write(`Warning: Detected changes to resource ${item.name} which is currently being deleted.\n`);
  return done;
}

/** The set that `--applyset` names; it has to be switched on, as in upstream. */
async function applySetOf({ session, flags, path }: ApplyCall): Promise<ApplySet | undefined> {
  if (flags.applyset === '') return undefined;
  if (session.io.environment['KUBECTL_APPLYSET'] !== 'true') throw new KubectlError(`unknown flag: --applyset\nSee '${path} --help' for usage.`);
  const { ApplySet } = await import('./apply-set.ts');
  return ApplySet.open(session, flags.applyset);
}

async function run(call: ApplyCall): Promise<void> {
  const { session, flags, args, path } = call;
  if (args.length > 0) throw usageError(`Unexpected args: [${args.join(' ')}]`, path);
  const dryRun = dryRunOf(flags);
  const policy = await policyOf(flags.cascade, session.io);
  if (flags.filename.length === 0 && flags.kustomize === '') throw new KubectlError('must specify one of -f and -k');
  const options = { dryRun, policy, fieldManager: managerOf(call), fieldValidation: validationOf(flags) };
  const applySet = await applySetOf(call);
  const types = flags.prune && applySet === undefined ? await (await import('./prune.ts')).prunedTypes(await session.mapper(), flags['prune-allowlist']) : [];
  await check(call, { dryRun, applySet });
  const printerOf = await donePrinters(session, flags, dryRun);
  const selected = await select(session, { files: filesOf(flags), labelSelector: flags.selector, continueOnError: true });
  const found = await selected.items();
  const items = applySet === undefined ? found : found.map((item) => ({ ...item, object: applySet.member(item.object!) }));
  const errors: Error[] = [...selected.errors];
  if (items.length === 0 && errors.length === 0) throw new KubectlError('no objects passed to apply');
  await applySet?.before(items, options);
  const applied: AnyObject[] = [];
  const together = showsTogether(flags);
  for (const item of items) {
    try {
      const { object, operation } = await applyOne(call, item, options);
      applied.push(object);
      if (!together) await session.io.stdout.write(printerOf(operation).print(object));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      errors.push(error);
    }
  }
  throwAll(errors);
  if (together) await session.io.stdout.write(printerOf('').print(applied.length === 1 ? applied[0]! : { apiVersion: 'v1', kind: 'List', metadata: {}, items: applied }));
  if (!flags.prune) return;
  const { prune, wasApplied } = await import('./prune.ts');
  const { name: own, explicit } = await session.namespace();
  const namespaces = [...new Set([...(explicit ? [own] : []), ...items.filter(({ resource }) => resource!.namespaced).map(({ namespace }) => namespace)])].sort();
  const common = { applied: new Set(applied.map(({ metadata }) => metadata?.uid ?? '')), policy, gracePeriod: graceOf({ ...flags, force: false }), dryRun, printer: printerOf('pruned') };
  await prune(session, applySet === undefined ? { ...common, types, namespaces, labelSelector: flags.selector, prunes: wasApplied } : { ...common, ...applySet.prunable, prunes: () => true });
  await applySet?.after(options);
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
  commands: [
    { name: 'edit-last-applied', summary: 'Edit latest last-applied-configuration annotations of a resource/object', load: async () => (await import('./edit-last-applied.ts')).default },
    { name: 'set-last-applied', summary: 'Set the last-applied-configuration annotation on a live object to match the contents of a file', load: async () => (await import('./set-last-applied.ts')).default },
    { name: 'view-last-applied', summary: 'View the latest last-applied-configuration annotations of a resource/object', load: async () => (await import('./view-last-applied.ts')).default },
  ],
  run,
});
