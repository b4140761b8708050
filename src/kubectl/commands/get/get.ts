import { isReason } from '../../../api/status.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { filesOf } from '../../flags/common-flags.ts';
import { getFormats, printerFor } from '../../printers/output.ts';
import type { Printer } from '../../printers/printer.ts';
import type { AnyObject } from '../../resources/item.ts';
import { isList } from '../../resources/item.ts';
import type { Selection } from '../../resources/select.ts';
import { select } from '../../resources/select.ts';
import { getFlags } from './get-flags.ts';
import { printTables } from './get-table.ts';
import { sortBy } from './sort-objects.ts';

const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

type GetCall = Call<typeof getFlags>;

/** What rows carry of their objects: nothing where only the server's columns are shown, which makes an answer a tenth of the size. */
function rowsWith(flags: GetCall['flags']): Readonly<Record<string, string>> {
  if (flags['sort-by'] !== '') return { includeObject: 'Object' };
  return flags['all-namespaces'] || flags['show-labels'] || flags['label-columns'].length > 0 || flags.watch || flags['watch-only'] ? {} : { includeObject: 'None' };
}

function selectionOf({ args, flags }: GetCall, table: boolean): Selection {
  return {
    args, files: filesOf(flags), allNamespaces: flags['all-namespaces'], labelSelector: flags.selector, fieldSelector: flags['field-selector'],
    subresource: flags.subresource, chunkSize: flags['sort-by'] === '' ? flags['chunk-size'] : 0, typeAlone: true, latest: true, continueOnError: true,
    at: flags.at,
    ...(table && flags['server-print'] && { accept: asTable, query: rowsWith(flags) }),
  };
}

function check({ args, flags, path }: GetCall): void {
  if (flags.raw !== '') {
    if (args.length > 0) throw new KubectlError('arguments may not be passed when --raw is specified');
    if (flags.watch || flags['watch-only'] || flags.selector !== '') throw new KubectlError('--raw may not be specified with other flags that filter the server request or alter the output');
    if (flags.output !== '') throw new KubectlError('--raw and --output are mutually exclusive');
  }
  if (flags['show-labels'] && flags.output !== '' && flags.output !== 'wide') throw new KubectlError(`--show-labels option cannot be used with ${flags.output} printer`);
  if (flags['output-watch-events'] && !(flags.watch || flags['watch-only'])) throw new KubectlError('--output-watch-events option can only be used with --watch or --watch-only');
  if (flags.at !== '' && (flags.watch || flags['watch-only'] || flags.raw !== '')) throw new KubectlError('--at shows the past, which does not change: it cannot be used with --watch, --watch-only or --raw');
  if (args.length > 0 || flags.filename.length > 0 || flags.kustomize !== '' || flags.raw !== '') return;
  throw new KubectlError(`You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).\nSee '${path} -h' for help and examples`, { prefixed: true });
}

/** Several objects, or none, are shown as one list. */
async function printObjects(call: GetCall, printer: Printer): Promise<void> {
  const { session, flags } = call;
  const selected = await select(session, selectionOf(call, false));
  const found = await selected.items();
  const errors = selected.errors.filter((error) => !(flags['ignore-not-found'] && isReason(error, 'NotFound')));
  if (selected.single && errors.length > 0) throwAll(errors);
  if (found.length === 0 && flags['ignore-not-found']) return throwAll(errors);
  const sorted = flags['sort-by'] === '' ? found : sortBy(found, flags['sort-by'], ({ object }) => object);
  const only = selected.single && sorted.length === 1 ? sorted[0]!.object! : undefined;
  const items = only === undefined ? sorted.map(({ object }) => object!) : isList(only) ? only.items : undefined;
  const shown: AnyObject = items === undefined ? only! : { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items };
  await session.io.stdout.write(printer.print(shown));
  throwAll(errors);
}

async function run(call: GetCall): Promise<void> {
  const { session, flags, args } = call;
  check(call);
  if (flags.raw !== '') {
    await session.io.stdout.write(await (await session.connection()).text({ method: 'GET', path: flags.raw }));
    return;
  }
  const printer = await printerFor({ output: flags.output, template: flags.template, showManagedFields: flags['show-managed-fields'], allowMissing: flags['allow-missing-template-keys'], noHeaders: flags['no-headers'], io: session.io, allowed: getFormats });
  if (flags.watch || flags['watch-only']) {
    const { watchObjects } = await import('./watch.ts');
    return watchObjects(call, { selection: selectionOf(call, printer === undefined), printer });
  }
  if (printer !== undefined) return printObjects(call, printer);
  const selected = await select(session, selectionOf(call, true));
  const severalTypes = args.length > 0 && (/[,/]/.test(args[0]!) || (await (await session.mapper()).category(args[0]!)) !== undefined);
  return printTables(session, selected, flags, { severalTypes });
}

export default command({
  usage: `get [(-o|--output=)${getFormats.join('|')}] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]`,
  description: `Display one or many resources.

 Prints a table of the most important information about the specified resources. You can filter the list using a label selector and the --selector flag. If the desired resource type is namespaced you will only see results in the current namespace if you don't specify any namespace.

Use "kubectl api-resources" for a complete list of supported resources.`,
  examples: `
    # The pods of the namespace, as a table
    kubectl get pods

    # With their nodes and addresses
    kubectl get pods -o wide

    # One deployment as YAML
    kubectl get deployment web -o yaml

    # Several types at once
    kubectl get services,endpointslices

    # Only the phase of one pod
    kubectl get pod web-0 -o jsonpath='{.status.phase}'

    # What was there five minutes ago, or at a revision
    kubectl get pods --at 5m
    kubectl get deployment web -o yaml --at 12345

    # What changes, as it does
    kubectl get pods -w`,
  flags: getFlags,
  run,
});
