import type { JsonValue } from './json-value.ts';
import { isJsonObject } from './json-value.ts';

/** An operation of RFC 6902, as far as a message needs it. */
export interface FailedOperation { readonly op: string; readonly path: string; readonly from?: string }

interface Held { readonly container: JsonValue[] | Readonly<Record<string, JsonValue>>; readonly key: string }

/** What holds the last part of a pointer; undefined where nothing does. */
function holderOf(root: JsonValue | undefined, pointer: string): Held | undefined {
  const parts = pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = parts.pop();
  let container = root;
  for (const part of parts) container = Array.isArray(container) ? container[Number(part)] : isJsonObject(container) ? container[part] : undefined;
  return key !== undefined && (Array.isArray(container) || isJsonObject(container)) ? { container, key } : undefined;
}

/** Why there is nothing under a key, in the words of upstream's library. */
function absence({ container, key }: Held, verb: 'get' | 'remove'): string | undefined {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? undefined : `unable to ${verb} nonexistent key: ${key}: missing value`;
  if (!/^[-+]?\d+$/.test(key)) return `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
  const index = Number(key);
  return index >= container.length || index < -container.length ? `Unable to access invalid index: ${index}: invalid index referenced` : undefined;
}

const placeFailure = ({ container, key }: Held): string => {
  if (!Array.isArray(container)) return 'unexpected';
  return /^[-+]?\d+$/.test(key) ? `Unable to access invalid index: ${Number(key)}: invalid index referenced` : `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
};

/** What upstream's library says of an operation that cannot be applied to what the operations before it left. */
export function failureOf(root: JsonValue | undefined, { op, path, from = '' }: FailedOperation): string {
  const target = holderOf(root, path);
  const source = holderOf(root, from);
  switch (op) {
    case 'add': return target === undefined ? `add operation does not apply: doc is missing path: "${path}": missing value` : `error in add for path: '${path}': ${placeFailure(target)}`;
    case 'remove': return target === undefined ? `remove operation does not apply: doc is missing path: "${path}": missing value` : `error in remove for path: '${path}': ${absence(target, 'remove') ?? 'unexpected'}`;
    case 'replace': return `replace operation does not apply: doc is missing ${target === undefined ? 'path' : 'key'}: ${path}: missing value`;
    case 'test': return target === undefined ? `test operation does not apply: is missing path: ${path}: missing value` : `testing value ${path} failed: test failed`;
    case 'move': case 'copy': {
      if (source === undefined) return `${op} operation does not apply: doc is missing from path: ${from}: missing value`;
      const missing = absence(source, 'get');
      if (missing !== undefined) return op === 'move' ? `error in move for path: '${source.key}': ${missing}` : `error in copy for from: '${from}': ${missing}`;
      return target === undefined ? `${op} operation does not apply: doc is missing destination path: ${path}: missing value` : `error in ${op} for path: '${path}': ${placeFailure(target)}`;
    }
    default: return `Unexpected kind: ${op}`;
  }
}

/** What upstream's library says of something that is no operation; undefined for one. */
export function malformation(operation: Readonly<Record<string, unknown>>): string | undefined {
  const shown = JSON.stringify(Object.fromEntries(Object.entries(operation).toSorted(([a], [b]) => (a < b ? -1 : 1))));
  const { op, path, from, value } = operation;
  const invalid = (reason: string): string => `invalid operation ${shown}: ${reason}`;
  if (!['add', 'replace', 'remove', 'test', 'move', 'copy'].includes(String(op))) return invalid('unsupported operation');
  if (path === undefined) return invalid('failed to decode \'path\': operation missing path field: missing value');
  if (from === undefined && (op === 'move' || op === 'copy')) return invalid('failed to decode \'from\': operation, missing from field: missing value');
  if (value === undefined && (op === 'add' || op === 'replace')) return invalid('failed to decode \'value\': operation, missing value field: missing value');
  return undefined;
}
