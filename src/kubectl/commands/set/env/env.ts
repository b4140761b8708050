import type { Call } from '../../../command.ts';
import { command } from '../../../command.ts';
import { KubectlError, throwAll } from '../../../errors.ts';
import { filesOf, selectorFlag } from '../../../flags/common-flags.ts';
import { array, bool, list, text } from '../../../flags/flags.ts';
import type { AnyObject } from '../../../resources/item.ts';
import { readInput } from '../../../resources/read-files.ts';
import { select } from '../../../resources/select.ts';
import { donePrinters } from '../../../writes/done-printer.ts';
import { dryRunOf } from '../../../writes/write-flags.ts';
import type { Container, EnvVar, PodSpec } from '../pod-spec.ts';
import { changeContainers, withPodSpec } from '../pod-spec.ts';
import { checkAll, checkLocal, noResources, setFlags } from '../set-flags.ts';
import { setOn } from '../set-on.ts';
import { EnvResolver, sourceText } from './env-sources.ts';
import type { EnvChanges } from './parse-env.ts';
import { changedEnvironment, partEnvironment, readEnvironment } from './parse-env.ts';

const flags = {
  ...setFlags('set env'), ...selectorFlag,
  containers: text('The names of containers in the selected pod templates to change - may use wildcards', { short: 'c', initial: '*' }),
  env: array('Specify a key-value pair for an environment variable to set into each container.', { short: 'e' }),
  from: text('The name of a resource from which to inject environment variables'),
  keys: list('Comma-separated list of keys to import from specified resource'),
  list: bool('If true, display the environment and any changes in the standard format.'),
  overwrite: bool('If true, allow environment to be overwritten, otherwise reject updates that overwrite existing environment.', { initial: true }),
  prefix: text('Prefix to append to variable names'),
  resolve: bool('If true, show secret or configmap references when listing variables'),
} as const;

type EnvCall = Call<typeof flags>;

/** Variables that refer to each key of the ConfigMap or Secret that `--from` names. */
async function imported({ session, flags: values }: EnvCall): Promise<EnvVar[]> {
  const selected = await select(session, { args: values.local ? [] : [values.from], files: filesOf(values), labelSelector: values.selector, typeAlone: values.all, local: values.local, latest: !values.local, continueOnError: true });
  const items = await selected.items();
  throwAll(selected.errors);
  const found: EnvVar[] = [];
  for (const { object, name } of items) {
    const reference = object?.kind === 'Secret' ? 'secretKeyRef' : object?.kind === 'ConfigMap' ? 'configMapKeyRef' : undefined;
    if (reference === undefined) throw new KubectlError('unsupported resource specified in --from');
    for (const key of Object.keys((object!['data'] ?? {}) as object).sort()) {
      if (values.keys.length > 0 && !values.keys.includes(key)) continue;
      const variable = key.replaceAll(/[^a-zA-Z0-9_]/g, '_').toUpperCase();
      if (variable !== key) await session.io.stderr.write(`Warning: key ${key} transferred to ${variable}\n`);
      found.push({ name: variable, valueFrom: { [reference]: { key, name } } });
    }
  }
  return found;
}

function refuseOverwrites(container: Container, { set }: EnvChanges): void {
  for (const { name, value = '' } of set) {
    const current = container.env?.find((one) => one.name === name);
    if (current !== undefined && (current.value ?? '') !== value) throw new KubectlError(`'${name}' already has a value (${current.value ?? ''}), and --overwrite is false`);
  }
}

/** What `--list` shows of one container. */
async function listContainer(call: EnvCall, object: AnyObject, container: Container): Promise<void> {
  const { io } = call.session;
  const resolver = new EnvResolver(call.session);
  const failures = new Map<string, string[]>();
  await io.stdout.write(`# ${object.kind ?? ''} ${object.metadata?.name ?? ''}, container ${container.name}\n`);
  for (const { name, value = '', valueFrom } of container.env ?? []) {
    if (valueFrom === undefined) {
      await io.stdout.write(`${name}=${value}\n`);
      continue;
    }
    try {
      if (call.flags.resolve) {
        await io.stdout.write(`${name}=${await resolver.valueOf(valueFrom, { object, container })}\n`);
        continue;
      }
    } catch (error) {
      const { message } = error as Error;
      failures.set(message, [...(failures.get(message) ?? []), name]);
    }
    await io.stdout.write(`# ${name} from ${sourceText(valueFrom)}\n`);
  }
  const told = [...failures].map(([message, names]) => `error retrieving reference for ${names.sort().join(', ')}: ${message}\n`).sort();
  await io.stderr.write(told.join(''));
}

async function changed(call: EnvCall, object: AnyObject, changes: EnvChanges): Promise<AnyObject> {
  const { session, flags: values } = call;
  let found: PodSpec = {};
  let none = false;
  const after = withPodSpec(object, (spec) => {
    const result = changeContainers(spec, values.containers, (container) => {
      if (!values.overwrite) refuseOverwrites(container, changes);
      const env = changedEnvironment(container.env ?? [], changes);
      const { env: _, ...bare } = container;
      return env.length === 0 ? bare : { ...bare, env };
    });
    none = result.found === 0;
    found = result.spec;
    return result.spec;
  });
  if (none) await session.io.stderr.write(`Warning: ${object.kind ?? ''}/${object.metadata?.name ?? ''} does not have any containers matching ${JSON.stringify(values.containers)}\n`);
  if (values.list) {
    const shown: Container[] = [];
    changeContainers(found, values.containers, (container) => { shown.push(container); return container; });
    for (const container of shown) await listContainer(call, after, container);
  }
  return after;
}

async function run(call: EnvCall): Promise<void> {
  const { session, flags: values, args } = call;
  checkAll(values);
  const { resources, words } = partEnvironment(args);
  const dryRun = dryRunOf(values);
  const printer = (await donePrinters(session, values, dryRun, { typed: true }))('env updated');
  checkLocal({ local: values.local, dryRun });
  if (values.filename.length === 0 && resources.length === 0) throw new KubectlError(noResources);
  if (values.list && values.output !== '') throw new KubectlError('--list and --output may not be specified together');
  if (values.keys.length > 0 && values.from === '') throw new KubectlError('when specifying --keys, a configmap or secret must be provided with --from');
  const read = await readEnvironment([...values.env, ...words], () => readInput(session.io));
  const set = [...read.set, ...(values.from === '' ? [] : await imported(call))];
  const changes = { ...read, set: values.prefix === '' ? set : set.map((variable) => ({ ...variable, name: `${values.prefix}${variable.name}` })) };
  const selected = await select(session, { args: values.local ? [] : resources, files: filesOf(values), labelSelector: values.selector, typeAlone: values.all, local: values.local, latest: !values.local, continueOnError: true });
  const items = await selected.items();
  throwAll(selected.errors);
  if (values.list) {
    // As upstream, what cannot be listed is passed over.
    for (const { object } of items) await changed(call, object!, changes).catch((error: unknown) => { if (!(error instanceof KubectlError)) throw error; });
    return;
  }
  await setOn(session, items, { dryRun, local: values.local, fieldManager: values['field-manager'], printer, failure: 'failed to patch env update to pod template: ', change: (object) => changed(call, object, changes) });
}

export default command({
  usage: 'env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
  description: `Update environment variables on a pod template.

 Add, update, or remove container environment variable definitions in one or more pod templates (within replication controllers or deployment configurations), or view them with --list. KEY- takes one away, and "-" reads them from the input, in lines of KEY=value.`,
  examples: `
    # Update deployment 'registry' with a new environment variable
    kubectl set env deployment/registry STORAGE_DIR=/local

    # List the environment variables defined on all pods
    kubectl set env pods --all --list

    # Import environment from a secret
    kubectl set env --from=secret/mysecret deployment/myapp

    # Remove the environment variable ENV from container 'c1' in all deployments
    kubectl set env deployments --all --containers="c1" ENV-`,
  flags,
  run,
});
