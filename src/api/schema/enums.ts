/**
 * Which fields of built-in types take one of a few values. A line of the generated text is one set of values, parted by
 * `|` (`""` is the empty one), a tab, and the fields that take them: `core.v1.ContainerPort.protocol`, below `io.k8s.api.`.
 */
import { enums as text } from './generated/enums.ts';

const prefix = 'io.k8s.api.';
let byField: ReadonlyMap<string, readonly string[]> | undefined;

function open(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const line of text.split('\n')) {
    const [values = '', fields = ''] = line.split('\t');
    const list = values.split('|').map((value) => (value === '""' ? '' : value));
    for (const field of fields.split(' ')) found.set(field, list);
  }
  return found;
}

/** The values of a field of a definition, or of the items of one that is a list, sorted; undefined when it takes any. */
export function enumOf(definition: string, field: string): readonly string[] | undefined {
  return definition.startsWith(prefix) ? (byField ??= open()).get(`${definition.slice(prefix.length)}.${field}`) : undefined;
}
