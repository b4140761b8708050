/**
 * What differs between two values, in the manner of go-cmp's `Diff`: changed fields with `-` and `+`, the rest counted.
 * Go's own output is not stable (it varies its blanks on purpose), so nobody may compare it; people read it.
 */
import { semanticEqual } from '../../meta/equal.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const goName = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const show = (value: unknown): string => (value === undefined || value === null ? 'nil' : JSON.stringify(value));
const identical = (count: number, what: string): string => `... // ${count} identical ${what}${count === 1 ? '' : 's'}`;

const line = (sign: ' ' | '-' | '+', depth: number, text: string): string => `${sign} ${'\t'.repeat(depth)}${text}`;

function changeLines(name: string, old: unknown, value: unknown, depth: number): string[] {
  const lines: string[] = [];
  if (old !== undefined) lines.push(line('-', depth, `${name}: ${show(old)},`));
  if (value !== undefined) lines.push(line('+', depth, `${name}: ${show(value)},`));
  return lines;
}

/** The lines of what is inside two values of the same shape. */
function innerLines(old: Fields | readonly unknown[], value: Fields | readonly unknown[], depth: number): string[] {
  const isList = Array.isArray(old);
  const keys = [...new Set([...Object.keys(old), ...Object.keys(value)])];
  const lines: string[] = [];
  let same = 0;
  const flush = (): void => {
    if (same > 0) lines.push(line(' ', depth, identical(same, isList ? 'element' : 'field')));
    same = 0;
  };
  for (const key of keys) {
    const [left, right] = [(old as Fields)[key], (value as Fields)[key]];
    if (semanticEqual(left, right)) {
      if (left !== undefined) same++;
      continue;
    }
    flush();
    const name = isList ? `[${key}]` : goName(key);
    const bothFields = isFields(left) && isFields(right);
    if (bothFields || (Array.isArray(left) && Array.isArray(right))) {
      lines.push(line(' ', depth, `${name}: {`), ...innerLines(left as Fields, right as Fields, depth + 1), line(' ', depth, '},'));
    } else {
      lines.push(...changeLines(name, left, right, depth));
    }
  }
  flush();
  return lines;
}

/** The difference between two objects of the Go type `type`, as text with a line break at its end; empty when there is none. */
export function specDiff(type: string, old: object, value: object): string {
  if (semanticEqual(old, value)) return '';
  return [line(' ', 0, `${type}{`), ...innerLines(old as Fields, value as Fields, 1), line(' ', 0, '}'), ''].join('\n');
}
