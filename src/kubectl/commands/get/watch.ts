import { isReason } from '../../../api/status.ts';
import type { Call } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { toGoJson } from '../../printers/go-json.ts';
import { toGoYaml } from '../../printers/go-yaml.ts';
import type { Printer } from '../../printers/printer.ts';
import { TabWriter } from '../../printers/tab-writer.ts';
import type { TablePrinter } from '../../printers/table-printer.ts';
import { watchEvents } from '../../connection/watch-events.ts';
import { pathOf } from '../../discovery/resource.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { isList } from '../../resources/item.ts';
import type { Selection } from '../../resources/select.ts';
import { select } from '../../resources/select.ts';
import type { getFlags } from './get-flags.ts';
import { tablePrinterFor } from './get-table.ts';

type GetCall = Call<typeof getFlags>;

/** Writes objects and what happened to them, in the form that the user asked for. */
class EventWriter {
  readonly #call: GetCall;
  readonly #printer: Printer | undefined;
  readonly #table: TablePrinter;
  readonly #out = new TabWriter();
  #documents = 0;

  constructor(call: GetCall, printer: Printer | undefined, item: Item) {
    this.#call = call;
    this.#printer = printer;
    this.#table = tablePrinterFor(item.resource, { flags: call.flags, withKind: false, nowMs: call.session.io.clock.now() });
  }

  async write(type: string, object: AnyObject): Promise<void> {
    const { flags, session } = this.#call;
    const event = flags['output-watch-events'] ? type : undefined;
    await session.io.stdout.write(this.#text(event, object));
  }

  #text(event: string | undefined, object: AnyObject): string {
    if (this.#printer === undefined) {
      this.#table.print(object, this.#out, event);
      return this.#out.flush();
    }
    if (event === undefined) return this.#printer.print(object);
    if (this.#call.flags.output === 'json') return `{"type":${toGoJson(event)},"object":${toGoJson(object)}}\n`;
    return this.#call.flags.output === 'yaml' ? `${this.#documents++ > 0 ? '---\n' : ''}${toGoYaml({ type: event, object })}` : this.#printer.print(object);
  }
}

/** `--watch` and `--watch-only`: what is there, and then what changes, until Ctrl-C or the server's end. */
export async function watchObjects(call: GetCall, { selection, printer }: { readonly selection: Selection; readonly printer: Printer | undefined }): Promise<void> {
  const { session, flags } = call;
  if (flags['sort-by'] !== '') await session.io.stderr.write(flags.watch ? 'warning: --watch requested, --sort-by will be ignored for watch events received\n' : 'warning: --watch-only requested, --sort-by will be ignored\n');
  const selected = await select(session, { ...selection, singleType: true, continueOnError: true, keepLists: true });
  const items = await selected.items();
  if (flags['ignore-not-found'] && selected.errors.every((error) => isReason(error, 'NotFound')) && items.length === 0) return;
  throwAll(selected.errors);
  const [first] = items;
  if (first === undefined) throw new KubectlError('no resources found to watch');
  const writer = new EventWriter(call, printer, first);
  // Items of a list do not say what they are.
  if (!flags['watch-only']) for (const { object } of items) for (const one of isList(object!) ? object.items : [object!]) await writer.write('ADDED', { apiVersion: first.object!.apiVersion!, kind: first.resource!.kind, ...one });
  if (items.length > 1 && items.some(({ name }) => name !== '')) throw new KubectlError('you may only watch a single resource or type of resource at a time');
  const list = first.name === '';
  await follow(call, { first, last: items.at(-1)!, selection, list, writer });
}

async function follow({ session, flags }: GetCall, { first, last, selection, list, writer }: { readonly first: Item; readonly last: Item; readonly selection: Selection; readonly list: boolean; readonly writer: EventWriter }): Promise<void> {
  const connection = await session.connection();
  // A watch of one object begins with the object as it is, which has been shown.
  const query = new URLSearchParams({
    ...selection.query, watch: 'true', resourceVersion: list ? last.object!.metadata?.resourceVersion ?? '' : '0',
    ...(list ? { ...(flags.selector !== '' && { labelSelector: flags.selector }), ...(flags['field-selector'] !== '' && { fieldSelector: flags['field-selector'] }) } : { fieldSelector: `metadata.name=${first.name}` }),
  });
  let skip = !list;
  try {
    const request = { path: `${pathOf(first.resource!, { namespace: first.namespace })}?${query.toString()}`, ...(selection.accept !== undefined && { accept: selection.accept }) };
    for await (const { type, object } of watchEvents<AnyObject>(connection, request)) {
      if (type === 'ERROR') throw new KubectlError(`unable to decode an event from the watch stream: ${String(object['message'] ?? toGoJson(object))}`);
      if (skip) skip = false;
      else await writer.write(type, object);
    }
  } catch (error) {
    // Ctrl-C is how a watch ends.
    if (!session.io.signal.aborted) throw error;
  }
}
