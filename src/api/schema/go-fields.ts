/**
 * What Go's JSON says of empty fields of the built-in types. kube-apiserver computes managed fields from Go structs, so
 * that it owns what Go would write: a struct that is no pointer is there even when it is empty (`resources: {}`), and a
 * plain `false` with `omitempty` is not.
 *
 * A line of the generated text is one definition (`+` stands for `io.k8s.api.`), a tab, and its notable fields:
 * - `name`: always written, with its zero where it is empty; `*name`: the same, a pointer, whose zero is null.
 * - `^name`: a pointer to a scalar: its zero is a value like any other.
 * - `~name=text`: a string with that default.
 * Any other field is left out when it is empty: a zero scalar, a list or map without elements.
 */
import { goFields as text } from './generated/go-fields.ts';
import type { ValueSchema } from './schema.ts';

/** How Go treats one field of a struct. */
export interface GoField {
  /** Written even when empty. */
  readonly always: boolean;
  /** Go's null: the field is a pointer. */
  readonly pointer: boolean;
  readonly default?: string;
}

const plain: GoField = { always: false, pointer: false };
let lines: Map<string, string> | undefined;

function open(): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t');
    const name = line.slice(0, tab);
    found.set(name.startsWith('+') ? `io.k8s.api.${name.slice(1)}` : name, line.slice(tab + 1));
  }
  return found;
}

/** Is this known of a definition's fields? Not of those of payloads that are never stored. */
export const hasGoFields = (definition: string): boolean => definition.startsWith('io.k8s.') && !/(?:List|Options|Review)$/.test(definition);

/** The notable fields of a built-in definition; empty for one that has none. */
export function goFieldsOf(definition: string): ReadonlyMap<string, GoField> {
  const fields = new Map<string, GoField>();
  for (const entry of ((lines ??= open()).get(definition) ?? '').split(' ')) {
    const mark = entry[0];
    if (mark === '*') fields.set(entry.slice(1), { always: true, pointer: true });
    else if (mark === '^') fields.set(entry.slice(1), { always: false, pointer: true });
    else if (mark === '~') {
      const equals = entry.indexOf('=');
      fields.set(entry.slice(1, equals), { ...plain, default: entry.slice(equals + 1) });
    } else if (entry !== '') fields.set(entry, { always: true, pointer: false });
  }
  return fields;
}

const plainKinds: ReadonlySet<ValueSchema['kind']> = new Set(['string', 'bytes', 'int32', 'int64', 'number', 'boolean', 'list', 'map']);

/** Does Go leave a field out that is of this kind and empty? */
export const omitsEmpty = (field: GoField | undefined, kind: ValueSchema['kind']): boolean => plainKinds.has(kind) && field?.always !== true && field?.pointer !== true;

/** A zero, or a list or map without elements: what `omitempty` means by empty. Null is not. */
export function isEmptyValue(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === '' || value === 0 || value === false;
  if (Array.isArray(value)) return value.length === 0;
  for (const key in value) return key === undefined;
  return true;
}

/** The value that Go has for a field that nobody set. */
export function goZero(field: GoField, kind: ValueSchema['kind']): unknown {
  if (field.pointer) return null;
  switch (kind) {
    case 'object': return emptyObject;
    case 'string': return '';
    case 'int32': case 'int64': case 'number': case 'int-or-string': return 0;
    case 'boolean': return false;
    case 'quantity': return '0';
    case 'duration': return '0s';
    default: return null;
  }
}

const emptyObject: Readonly<Record<string, unknown>> = Object.freeze({});
