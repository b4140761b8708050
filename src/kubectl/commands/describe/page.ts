import { formatLabels } from '../../../api/meta/labels.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { TabWriter, describeLayout } from '../../printers/tab-writer.ts';

/** An annotation longer than this stands on lines of its own, and each of its lines is cut there. */
const maxAnnotationBytes = 140;
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** What `client-go` shows of a time that there is not. */
const noTime = 'Mon, 01 Jan 0001 00:00:00 +0000';
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const two = (number: number): string => String(number).padStart(2, '0');

function zoneOf(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}${two(Math.abs(minutes) % 60)}`;
}

/** `Thu, 26 Nov 2026 01:52:47 +0000`, in the zone of this machine. */
export function longTime(time: string | undefined | null): string {
  const ms = time === undefined || time === null ? undefined : parseTime(time);
  if (ms === undefined) return noTime;
  const date = new Date(ms);
  return `${days[date.getDay()]!}, ${two(date.getDate())} ${months[date.getMonth()]!} ${date.getFullYear()} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zoneOf(date)}`;
}

/** `2026-11-26 01:52:47 +0000 UTC`: a time as Go prints it when it is not told how. */
export function goTime(time: string | undefined): string {
  const ms = time === undefined ? undefined : parseTime(time);
  if (ms === undefined) return '0001-01-01 00:00:00 +0000 UTC';
  const date = new Date(ms);
  const zone = zoneOf(date);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone} ${zone === '+0000' ? 'UTC' : zone}`;
}

/** `[a b]`: a list as Go prints it. */
export const goList = (values: readonly unknown[] | undefined): string => `[${(values ?? []).map(String).join(' ')}]`;
export const orNone = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text);
export const orUnset = (value: string | number | boolean | undefined): string => (value === undefined ? '<unset>' : String(value));
/** `True`, `False`. */
export const boolText = (value: boolean | undefined): string => (value === true ? 'True' : 'False');

type Texts = Readonly<Record<string, string>> | undefined;

/** A description as it grows: titles and values, whose columns are laid out when all is said. */
export class Page {
  readonly #writer = new TabWriter(describeLayout);

  /** All that was written, with tabs where columns part. */
  unaligned(): string {
    return this.#writer.take();
  }

  /** Text as it is, tabs included. */
  raw(text: string): void {
    this.#writer.write(text.replaceAll('\x1b', '^[').replaceAll('\r', '\\r'));
  }

  /** A line, `level` steps to the right. */
  line(level: number, text: string): void {
    this.raw(`${'  '.repeat(level)}${text}\n`);
  }

  /** `Title:  value`. */
  field(title: string, value: string | number | boolean | undefined, level = 0): void {
    this.line(level, `${title}:\t${value ?? ''}`);
  }

  /** A title, and one line for each value beside it. */
  lines(title: string, values: readonly string[], indent = ''): void {
    if (values.length === 0) this.raw(`${indent}${title}:\t<none>\n`);
    values.forEach((value, i) => this.raw(`${indent}${i === 0 ? `${title}:` : ''}\t${value}\n`));
  }

  labels(title: string, labels: Texts, indent = ''): void {
    this.lines(title, Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`), indent);
  }

  annotations(title: string, annotations: Texts): void {
    const keys = Object.keys(annotations ?? {}).filter((key) => key !== lastApplied).sort();
    this.raw(`${title}:\t`);
    if (keys.length === 0) this.raw('<none>\n');
    keys.forEach((key, i) => {
      if (i > 0) this.raw('\t');
      const value = annotations![key]!.replace(/\n$/, '');
      if (value.length + key.length + 2 <= maxAnnotationBytes && !value.includes('\n')) return this.raw(`${key}: ${value}\n`);
      this.raw(`${key}:\n`);
      for (const line of value.split('\n')) this.raw(`\t  ${line.length > maxAnnotationBytes - 2 ? `${line.slice(0, maxAnnotationBytes - 2)}...` : line}\n`);
    });
  }

  /** Labels in one line. */
  inLine(title: string, labels: Texts): void {
    this.field(title, formatLabels(labels));
  }

  controlledBy(owners: readonly { readonly kind: string; readonly name: string; readonly controller?: boolean }[] | undefined): void {
    const owner = owners?.find(({ controller }) => controller === true);
    if (owner !== undefined) this.field('Controlled By', `${owner.kind}/${owner.name}`);
  }

  /** A heading, its column names with lines below them, and rows. */
  table(heading: string, columns: readonly string[], rows: readonly (readonly string[])[], { rules = columns.map((column) => '-'.repeat(column.length)) }: { readonly rules?: readonly string[] } = {}): void {
    this.line(0, `${heading}:`);
    for (const row of [columns, rules, ...rows]) this.line(1, row.join('\t'));
  }

  /** All of it, laid out. */
  text(): string {
    return this.#writer.flush();
  }
}
