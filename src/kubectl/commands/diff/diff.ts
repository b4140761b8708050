import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReason } from '../../../api/status.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { ExitError, KubectlError, exitCodeOf, explain, throwAll } from '../../errors.ts';
import type { ApiResource } from '../../discovery/resource.ts';
import { fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { array, bool, int, text } from '../../flags/flags.ts';
import { toGoYaml } from '../../printers/go-yaml.ts';
import { withoutManagedFields } from '../../printers/object-printers.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { atFlag } from '../../resources/at-flag.ts';
import { select } from '../../resources/select.ts';
import { usageError } from '../../usage-error.ts';
import { prunedTypes, toPrune, wasApplied } from '../apply/prune.ts';
import { maskSecrets } from './mask-secrets.ts';
import type { Compared } from './merged-object.ts';
import { comparedVersions } from './merged-object.ts';
import { runDiff } from './run-diff.ts';

const flags = {
  ...atFlag, ...fileFlags, ...selectorFlag,
  'concurrency': int('Number of objects to process in parallel when diffing against the live version.', { initial: 1 }),
  'field-manager': text('Name of the manager used to track field ownership.', { initial: 'kubectl-client-side-apply' }),
  'force-conflicts': bool('If true, server-side apply will force the changes against conflicts.'),
  'prune': bool('Include resources that would be deleted by pruning. Can be used with -l and default shows all resources would be pruned'),
  'prune-allowlist': array('Overwrite the default allowlist with <group/version/kind> for --prune'),
  'server-side': bool('If true, apply runs in the server instead of the client.'),
  'show-managed-fields': bool('If true, include managed fields in the diff.'),
  'show-secrets': bool('If true, do not mask secret values in the diff.'),
} as const;

type DiffCall = Call<typeof flags>;

/** A program that answers 1 for a difference says everything else with more. */
const failure = (error: Error): KubectlError => new KubectlError(explain(error), { prefixed: true, exitCode: Math.max(2, exitCodeOf(error) + (error instanceof KubectlError && error.exitCode > 1 ? 0 : 1)), cause: error });

function check({ flags: values, args, path }: DiffCall): void {
  if (values.at !== '') {
    if (values['server-side'] || values['force-conflicts'] || values.prune) throw new KubectlError('--at compares with the past what is there now: it cannot be used with --server-side, --force-conflicts or --prune');
    return;
  }
  if (args.length > 0) throw usageError(`Unexpected args: [${args.join(' ')}]`, path);
  if (values.filename.length === 0 && values.kustomize === '') throw new KubectlError('must specify one of -f and -k');
  if (values['force-conflicts'] && !values['server-side']) throw new KubectlError('--force-conflicts only works with --server-side');
}

function fileName({ resource, namespace, name }: Pick<Item, 'resource' | 'namespace' | 'name'>): string {
  const { group, version, kind } = resource!;
  return `${group === '' ? '' : `${group}.`}${version}.${kind}.${namespace}.${name}`;
}

async function write(call: DiffCall, item: Item, folders: readonly [string, string]): Promise<Compared> {
  const { session, flags: values, given } = call;
  const fieldManager = values['server-side'] && !given.has('field-manager') ? 'kubectl' : values['field-manager'];
  const versions = await comparedVersions(await session.connection(), item, { serverSide: values['server-side'], fieldManager, forceConflicts: values['force-conflicts'] });
  writeVersions(call, item, versions, folders);
  if (versions.live?.metadata?.deletionTimestamp !== undefined) await session.io.stderr.write(`Warning: Detected changes to resource ${item.name} which is currently being deleted.\n`);
  return versions;
}

/** What pruning would take away stands in the folder of what is there, and not in the other. */
async function writePruned({ session, flags: values }: DiffCall, folder: string, { types, applied, namespaces }: { readonly types: readonly ApiResource[]; readonly applied: ReadonlySet<string>; readonly namespaces: ReadonlySet<string> }): Promise<void> {
  for await (const { type, namespace, object } of toPrune(await session.connection(), { types, applied, namespaces: [...namespaces], labelSelector: values.selector, prunes: wasApplied })) {
    writeFileSync(join(folder, fileName({ resource: type, namespace, name: object.metadata?.name ?? '' })), toGoYaml(object), { mode: 0o700 });
  }
}

/** `live` and `merged` go where diff(1) looks for them. */
function writeVersions({ flags: values }: DiffCall, item: Item, compared: Compared, folders: readonly [string, string]): void {
  let versions = compared;
  if (!values['show-secrets'] && item.resource!.kind === 'Secret' && item.resource!.version === 'v1') versions = maskSecrets(versions);
  const shown = (object: AnyObject | undefined): string => (object === undefined ? '' : toGoYaml(values['show-managed-fields'] ? object : withoutManagedFields(object)));
  writeFileSync(join(folders[0], fileName(item)), shown(versions.live), { mode: 0o700 });
  writeFileSync(join(folders[1], fileName(item)), shown(versions.merged), { mode: 0o700 });
}

/** `--at`: what there was then, and what there is now. */
async function writePast(call: DiffCall, folders: readonly [string, string]): Promise<void> {
  const { session, args, flags: values } = call;
  const found = new Map<string, { readonly item: Item; live?: AnyObject; merged?: AnyObject }>();
  const missing: Error[] = [];
  for (const [side, at] of [['live', values.at], ['merged', '']] as const) {
    const selected = await select(session, { args, files: filesOf(values), labelSelector: values.selector, typeAlone: true, latest: true, continueOnError: true, at });
    for await (const item of selected.visit()) {
      const known = found.get(fileName(item)) ?? { item };
      found.set(fileName(item), { ...known, [side]: item.object });
    }
    const others = selected.errors.filter((error) => !isReason(error, 'NotFound'));
    throwAll(others);
    missing.push(...selected.errors);
  }
  if (found.size === 0) throwAll(missing.slice(0, 1));
  for (const { item, live, merged } of found.values()) writeVersions(call, item, { live, merged }, folders);
}

async function differ(call: DiffCall): Promise<boolean> {
  const { session, flags: values } = call;
  check(call);
  const folders = [mkdtempSync(join(tmpdir(), values.at === '' ? 'LIVE-' : 'THEN-')), mkdtempSync(join(tmpdir(), values.at === '' ? 'MERGED-' : 'NOW-'))] as const;
  try {
    if (values.at !== '') {
      await writePast(call, folders);
      return await runDiff(session.io, folders);
    }
    const types = values.prune ? await prunedTypes(await session.mapper(), values['prune-allowlist']) : [];
    const selected = await select(session, { files: filesOf(values), labelSelector: values.selector });
    const seen = { applied: new Set<string>(), namespaces: new Set<string>() };
    for await (const item of selected.visit()) {
      const { live } = await write(call, item, folders);
      if (live?.metadata?.uid !== undefined) seen.applied.add(live.metadata.uid);
      if (item.resource!.namespaced) seen.namespaces.add(item.namespace);
    }
    if (values.prune) await writePruned(call, folders[0], { types, ...seen });
    return await runDiff(session.io, folders);
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

async function run(call: DiffCall): Promise<void> {
  let different: boolean;
  try {
    different = await differ(call);
  } catch (error) {
    if (!(error instanceof Error) || call.session.io.signal.aborted) throw error;
    throw failure(error);
  }
  if (different) throw new ExitError(1);
}

export default command({
  usage: 'diff (-f FILENAME | --at WHEN (TYPE[/NAME] | -f FILENAME))',
  description: `Show how what is there differs from what would be there if files were applied. The server is asked, and keeps nothing.

 The output is always YAML. KUBECTL_EXTERNAL_DIFF may name another program than diff(1), with its flags: KUBECTL_EXTERNAL_DIFF="colordiff -N -u".

 Exit status: 0 no differences were found, 1 differences were found, more than 1 something failed.`,
  examples: `
    # What a file would change
    kubectl diff -f pod.json

    # What has changed since five minutes ago
    kubectl diff --at 5m deployments

    # What standard input would change
    cat service.yaml | kubectl diff -f -`,
  flags,
  flagError: (message, path) => failure(usageError(message, path)),
  run,
});
