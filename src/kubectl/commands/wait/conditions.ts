import type { JsonPath } from '../../../api/custom-resources/json-path.ts';
import { KubectlError } from '../../errors.ts';
import { relaxedPath } from '../../printers/json-path.ts';
import type { AnyObject } from '../../resources/item.ts';

/** What one `--for` waits for. `met` throws KubectlError for an object that cannot be judged. */
export type Condition =
  | { readonly kind: 'create' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'state'; readonly met: (object: AnyObject) => boolean };

interface StatusCondition { readonly type?: unknown; readonly status?: unknown; readonly observedGeneration?: unknown }
interface Status { readonly conditions?: readonly StatusCondition[]; readonly observedGeneration?: unknown }

const sameFolded = (a: unknown, b: string): boolean => typeof a === 'string' && a.toLowerCase() === b.toLowerCase();

/** A condition by its name; one that speaks of an older generation of the object does not count. */
function statusCondition(name: string, wanted: string): (object: AnyObject) => boolean {
  return ({ metadata, ...object }) => {
    const status = object['status'] as Status | undefined;
    const conditions: unknown = status?.conditions;
    if (conditions !== undefined && !Array.isArray(conditions)) throw new KubectlError(`.status.conditions accessor error: ${String(conditions)} is of the type ${typeof conditions}, expected []interface{}`);
    const found = status?.conditions?.find((condition) => sameFolded(condition.type, name) && typeof condition.status === 'string');
    if (found === undefined) return false;
    const observed = found.observedGeneration ?? status?.observedGeneration;
    const generation = metadata?.['generation'];
    if (typeof generation === 'number' && typeof observed === 'number' && observed < generation) return false;
    return sameFolded(found.status, wanted);
  };
}

/** Parts at single equals signs; two of them are a comparison inside the path. */
function splitAtEquals(text: string): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (c !== '=') parts[parts.length - 1]! += c;
    else if (text[at + 1] === '=') {
      parts[parts.length - 1]! += '==';
      at++;
    } else parts.push('');
  }
  return parts;
}

function pathCondition(text: string): (object: AnyObject) => boolean {
  const parts = splitAtEquals(text);
  if (parts.length > 2) throw new KubectlError('jsonpath wait format must be --for=jsonpath=\'{.status.readyReplicas}\'=3 or --for=jsonpath=\'{.status.readyReplicas}\'');
  if (parts[0] === '') throw new KubectlError('jsonpath expression cannot be empty');
  const path: JsonPath = relaxedPath(parts[0]!);
  const wanted = parts[1]?.replaceAll(/^['"]+|['"]+$/g, '');
  if (wanted === '') throw new KubectlError('jsonpath wait has to have a value after equal sign, like --for=jsonpath=\'{.status.readyReplicas}\'=3');
  return (object) => {
    const found = path(object);
    if (found.length === 0) return false;
    if (found.length > 1) throw new KubectlError('given jsonpath expression matches more than one value');
    if (wanted === undefined) return true;
    const [value] = found;
    if (typeof value === 'object' && value !== null) throw new KubectlError('jsonpath leads to a nested object or list which is not supported');
    return (value === null ? '<nil>' : String(value as string | number | boolean)).trim() === wanted.trim();
  };
}

function conditionOf(text: string): Condition {
  const lower = text.toLowerCase();
  if (lower === 'create' || lower === 'delete') return { kind: lower };
  if (text.startsWith('condition=')) {
    const [name = '', ...value] = text.slice('condition='.length).split('=');
    return { kind: 'state', met: statusCondition(name, value.length === 0 ? 'true' : value.join('=')) };
  }
  if (text.startsWith('jsonpath=')) return { kind: 'state', met: pathCondition(text.slice('jsonpath='.length)) };
  throw new KubectlError(`unrecognized condition: ${JSON.stringify(text)}`);
}

/** Reads all `--for` of a line. Throws KubectlError for one that is none, and when there are none. */
export function conditionsOf(texts: readonly string[]): readonly Condition[] {
  if (texts.length === 0) throw new KubectlError('unrecognized condition: []');
  return texts.map(conditionOf);
}
