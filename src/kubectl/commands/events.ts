import { parseTime } from '../../api/meta/time.ts';
import type { Event } from '../../api/types/core/v1.ts';
import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { groupVersionOf } from '../discovery/resource.ts';
import { KubectlError } from '../errors.ts';
import { allNamespacesFlag, chunkSizeFlag } from '../flags/common-flags.ts';
import { bool, list, text } from '../flags/flags.ts';
import { NamePrinter } from '../printers/object-printers.ts';
import { noMatch, objectFormats, outputFlags, printerFor } from '../printers/output.ts';
import type { Printer } from '../printers/printer.ts';
import { TabWriter } from '../printers/tab-writer.ts';
import type { AnyObject } from '../resources/item.ts';
import { listAll } from '../connection/list-all.ts';
import { watchEvents } from '../connection/watch-events.ts';
import { goTyped } from '../writes/go-typed.ts';
import { intervalOf } from './describe/events.ts';

const flags = {
  ...outputFlags, ...allNamespacesFlag, ...chunkSizeFlag,
  'for': text('Filter events to only those pertaining to the specified resource.'),
  'no-headers': bool('When using the default output format, don\'t print headers.'),
  'types': list('Output only events of given types.'),
  'watch': bool('After listing the requested events, watch for more events.', { short: 'w' }),
} as const;

type EventsCall = Call<typeof flags>;

const timeOf = ({ series, lastTimestamp, eventTime }: Event): number => parseTime(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? '') ?? -Infinity;

async function selectorFor({ session, flags: { for: subject } }: EventsCall): Promise<string | undefined> {
  if (subject === '') return undefined;
  const [word, name, ...rest] = subject.split('/');
  if (name === undefined) throw new KubectlError('--for must be in resource/name form');
  if (rest.length > 0) throw new KubectlError('arguments in resource/name form may not have more than one slash');
  const resource = await (await session.mapper()).resource(word!.toLowerCase()).catch((error: unknown) => {
    throw error instanceof KubectlError ? new KubectlError(error.message, { prefixed: true, cause: error }) : error;
  });
  return `involvedObject.kind=${resource.kind},involvedObject.apiVersion=${groupVersionOf(resource)},involvedObject.name=${name}`;
}

/** The table of events. */
class EventTable {
  readonly #out = new TabWriter();
  readonly #call: EventsCall;
  #headers: boolean;

  constructor(call: EventsCall) {
    this.#call = call;
    this.#headers = !call.flags['no-headers'];
  }

  text(events: readonly Event[]): string {
    const { session, flags: values } = this.#call;
    const row = (namespace: string, cells: readonly string[]): void => this.#out.write(`${(values['all-namespaces'] ? [namespace, ...cells] : cells).join('\t')}\n`);
    if (this.#headers) row('NAMESPACE', ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE']);
    this.#headers = false;
    for (const event of events) row(event.metadata.namespace ?? '', [intervalOf(event, session.io.clock.now()), event.type ?? '', event.reason ?? '', `${event.involvedObject.kind ?? ''}/${event.involvedObject.name ?? ''}`, (event.message ?? '').trim()]);
    return this.#out.flush();
  }
}

async function watch({ session, flags: values }: EventsCall, options: { readonly path: string; readonly query: Record<string, string>; readonly show: (events: readonly Event[]) => string; readonly wanted: (event: Event) => boolean }): Promise<void> {
  const connection = await session.connection();
  const limit = values['chunk-size'] > 0 ? { limit: String(values['chunk-size']) } : {};
  try {
    for await (const { type, object } of watchEvents<Event>(connection, { path: `${options.path}?${new URLSearchParams({ ...options.query, ...limit, watch: 'true' }).toString()}` })) {
      if ((type === 'ADDED' || type === 'MODIFIED') && options.wanted(object)) await session.io.stdout.write(options.show([object]));
    }
  } catch (error) {
    if (!session.io.signal.aborted) throw error;
  }
}

/** An event as upstream's program, which knows its fields, prints it. */
const typed = (event: Event): AnyObject => goTyped({ kind: 'Event', apiVersion: 'v1', ...event } as unknown as AnyObject);

function listText(printer: Printer, events: readonly Event[]): string {
  // As upstream, whose names are those of objects alone.
  if (printer instanceof NamePrinter) return '';
  const items = events.map(typed);
  return printer.print({ kind: 'EventList', apiVersion: 'v1', metadata: {}, items } as unknown as AnyObject);
}

async function run(call: EventsCall): Promise<void> {
  const { session, flags: values } = call;
  const fieldSelector = await selectorFor(call);
  const printer = await printerFor({ output: values.output, template: values.template, showManagedFields: values['show-managed-fields'], allowMissing: values['allow-missing-template-keys'], io: session.io, allowed: objectFormats, typed: true });
  if (printer === undefined && values.output !== '') throw noMatch({ output: values.output, allowed: objectFormats });
  const types = values.types.map((type) => type.toLowerCase());
  if (types.some((type) => type !== 'normal' && type !== 'warning')) throw new KubectlError('valid --types are Normal or Warning');
  const { name: namespace } = await session.namespace();
  const path = values['all-namespaces'] ? '/api/v1/events' : `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
  const query = fieldSelector === undefined ? {} : { fieldSelector };
  const wanted = ({ type = '' }: Event): boolean => types.length === 0 || types.includes(type.toLowerCase());
  const table = new EventTable(call);
  if (values.watch) return watch(call, { path, query, wanted, show: (events) => (printer === undefined ? table.text(events) : events.map((event) => printer.print(typed(event))).join('')) });
  const found = (await listAll<Event>(await session.connection(), path, { query, chunkSize: values['chunk-size'] })).filter(wanted);
  if (found.length === 0) return session.io.stderr.write(values['all-namespaces'] ? 'No events found.\n' : `No events found in ${namespace} namespace.\n`);
  found.sort((a, b) => (timeOf(a) === timeOf(b) ? 0 : timeOf(a) - timeOf(b)));
  await session.io.stdout.write(printer === undefined ? table.text(found) : listText(printer, found));
}

export default command({
  usage: `events [(-o|--output=)${objectFormats.join('|')}] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]`,
  description: `Display events.

 Prints a table of the most important information about events. You can request events for a namespace, for all namespaces, or filtered to only those pertaining to a specified resource.`,
  examples: `
    # What happened lately in the namespace
    kubectl events

    # To one pod, and what happens next
    kubectl events --for pod/web-0 --watch

    # Only warnings, everywhere
    kubectl events -A --types=Warning`,
  flags,
  run,
});
