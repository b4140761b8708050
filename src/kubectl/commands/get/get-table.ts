import { isReason } from '../../../api/status.ts';
import type { ApiResource } from '../../discovery/resource.ts';
import { throwAll } from '../../errors.ts';
import type { FlagValues } from '../../flags/flags.ts';
import type { Session } from '../../session.ts';
import type { Item } from '../../resources/item.ts';
import { kindName } from '../../resources/item.ts';
import type { Selected } from '../../resources/select.ts';
import { TabWriter } from '../../printers/tab-writer.ts';
import { TablePrinter } from '../../printers/table-printer.ts';
import type { getFlags } from './get-flags.ts';
import { sortBy, sortTable } from './sort-objects.ts';

type Flags = FlagValues<typeof getFlags>;

const sameType = (a: ApiResource | undefined, b: ApiResource | undefined): boolean => a?.group === b?.group && a?.resource === b?.resource && a?.version === b?.version;

/** What a table of these objects shows beside the server's columns. */
export function tablePrinterFor(resource: ApiResource | undefined, { flags, withKind, nowMs }: { readonly flags: Flags; readonly withKind: boolean; readonly nowMs: number }): TablePrinter {
  return new TablePrinter({
    noHeaders: flags['no-headers'], wide: flags.output === 'wide', showLabels: flags['show-labels'], columnLabels: flags['label-columns'],
    withNamespace: flags['all-namespaces'] && resource?.namespaced !== false,
    kind: (withKind || flags['show-kind']) && resource !== undefined ? kindName(resource) : undefined,
    nowMs,
  });
}

/**
 * Prints Tables as they come from the server. A list that comes in several pieces is printed piece by piece, so that a
 * huge one needs little memory and is seen at once; its columns then widen with what is wider, and never shrink.
 */
export async function printTables(session: Session, selected: Selected, flags: Flags, { severalTypes }: { readonly severalTypes: boolean }): Promise<void> {
  const { io } = session;
  const out = new TabWriter();
  let printer: TablePrinter | undefined;
  let last: Item | undefined;
  let written = false;
  let blank = false;
  let allNamespaced = !flags['all-namespaces'];
  const errors: Error[] = [];
  const flush = async (): Promise<void> => {
    const text = out.flush();
    if (text === '') return;
    // A line parts tables, and only those that have something in them.
    await io.stdout.write(blank ? `\n${text}` : text);
    written = true;
    blank = false;
  };
  // With several types, names say theirs: when more than one of them was found.
  const gathered = severalTypes ? await selected.items() : undefined;
  // Upstream sorts several tables as if they were objects, and so refuses any field that tables have not.
  if (flags['sort-by'] !== '' && gathered !== undefined && gathered.length > 1) sortBy(gathered, flags['sort-by'], ({ object }) => object);
  const withKind = gathered?.some(({ resource }) => !sameType(resource, gathered[0]!.resource)) === true;
  for await (const item of gathered ?? selected.visit()) {
    allNamespaced &&= item.resource?.namespaced !== false;
    if (printer === undefined || !sameType(last?.resource, item.resource)) {
      await flush();
      out.forget();
      if (last !== undefined && !flags['no-headers'] && written) blank = true;
      printer = tablePrinterFor(item.resource, { flags, withKind, nowMs: io.clock.now() });
    } else if (item.name === '') await flush();
    last = item;
    const table = flags['sort-by'] === '' ? item.object! : sortTable(item.object!, flags['sort-by']);
    // A table that cannot be sorted is not shown.
    if (table !== undefined) printer.print(table, out);
  }
  await flush();
  errors.push(...selected.errors.filter((error) => !(flags['ignore-not-found'] && isReason(error, 'NotFound'))));
  if (!written && !flags['ignore-not-found'] && errors.length === 0) await io.stderr.write(allNamespaced ? `No resources found in ${(await session.namespace()).name} namespace.\n` : 'No resources found\n');
  throwAll(errors);
}
