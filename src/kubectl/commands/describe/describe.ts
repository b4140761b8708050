import { isReason } from '../../../api/status.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { listAll } from '../../connection/list-all.ts';
import { pathOf } from '../../discovery/resource.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { allNamespacesFlag, chunkSizeFlag, fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { bool } from '../../flags/flags.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import type { Selection } from '../../resources/select.ts';
import { select } from '../../resources/select.ts';
import type { Describing } from './describer.ts';
import { findEvents, writeEvents } from './events.ts';
import { describerFor } from './kinds.ts';
import { Page } from './page.ts';

const flags = {
  ...fileFlags, ...selectorFlag, ...allNamespacesFlag, ...chunkSizeFlag,
  'show-events': bool('If true, display events related to the described object. Defaults to true for a single object, false for multiple objects and prefix matching.', { initial: true }),
} as const;

type DescribeCall = Call<typeof flags>;

/** The text of one object. */
async function describeItem({ session, flags: { 'chunk-size': chunkSize } }: DescribeCall, item: Item, showEvents: boolean): Promise<string> {
  const connection = await session.connection();
  const page = new Page();
  const resource = item.resource!;
  const describer = await describerFor(resource.group, resource.kind);
  const nowMs = session.io.clock.now();
  let object: AnyObject = { ...item.object!, apiVersion: item.object!.apiVersion ?? '', kind: resource.kind };
  const version = describer.apiVersion === '' ? resource.version : describer.apiVersion.split('/').at(-1)!;
  const otherVersion = describer.apiVersion !== '' && object.apiVersion !== describer.apiVersion;
  // What a file says is only which object is meant.
  if (otherVersion || item.source !== '') object = await connection.json<AnyObject>({ method: 'GET', path: pathOf({ ...resource, version }, { namespace: item.namespace, name: item.name }) });
  const list = <T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T[]> => listAll<T>(connection, path, { query, chunkSize });
  const describing: Describing = {
    page, nowMs, list,
    get: (path) => connection.json({ method: 'GET', path }),
    async events() {
      if (!showEvents) return;
      const events = await findEvents(object, { list });
      if (events !== undefined) writeEvents(events, { page, nowMs });
    },
  };
  await describer.describe(object, describing);
  return page.text();
}

/** A name that there is not may be the beginning of others. */
async function describeByPrefix(call: DescribeCall, notFound: Error): Promise<void> {
  const { session, args: [type, prefix] } = call;
  const selected = await select(session, { args: [type!], typeAlone: true, singleType: true, chunkSize: call.flags['chunk-size'] });
  let found = false;
  for (const item of await selected.items()) {
    if (!item.name.startsWith(prefix!)) continue;
    found = true;
    await session.io.stdout.write(`${await describeItem(call, item, call.given.has('show-events') && call.flags['show-events'])}\n`);
  }
  if (!found) throw notFound;
}

async function run(call: DescribeCall): Promise<void> {
  const { session, args, flags: values, given } = call;
  if (args.length === 0 && values.filename.length === 0 && values.kustomize === '') throw new KubectlError('You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.\n');
  const selection: Selection = { args, files: filesOf(values), allNamespaces: values['all-namespaces'], labelSelector: values.selector, typeAlone: true, chunkSize: values['chunk-size'], continueOnError: true };
  const selected = await select(session, selection);
  const items = await selected.items();
  const failures: Error[] = [...selected.errors];
  const [first] = failures;
  if (first !== undefined && failures.length === 1 && isReason(first, 'NotFound') && args.length === 2) return describeByPrefix(call, first);
  const showEvents = (failures.length > 0 || items.length > 1) && !given.has('show-events') ? false : values['show-events'];
  let written = false;
  for (const item of items) {
    try {
      const text = await describeItem(call, item, showEvents);
      await session.io.stdout.write(written ? `\n\n${text}` : text);
      written = true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!failures.some(({ message }) => message === error.message)) failures.push(error);
    }
  }
  if (items.length === 0 && failures.length === 0) await session.io.stderr.write(values['all-namespaces'] ? 'No resources found\n' : `No resources found in ${(await session.namespace()).name} namespace.\n`);
  throwAll(failures);
}

export default command({
  usage: 'describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
  description: `Show details of a specific resource or group of resources.

 What is shown is put together from the object and from what belongs to it, its events among others. A name that no object has is tried as the beginning of names.

Use "kubectl api-resources" for a complete list of supported resources.`,
  examples: `
    # A node
    kubectl describe nodes node-1

    # A pod
    kubectl describe pods/web-0

    # Every pod with a label
    kubectl describe pods -l app=web

    # The object of a file
    kubectl describe -f pod.json`,
  flags,
  run,
});
