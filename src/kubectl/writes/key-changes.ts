import { labelValue } from '../../api/meta/validation.ts';
import { KubectlError } from '../errors.ts';

/** Words like `key=value` and `key-` at the end of a line, as label and annotate take them. */
export interface KeyChanges {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

const isChange = (word: string): boolean => word.indexOf('=') > 0 || (word.endsWith('-') && word !== '-');

/** Parts resources from changes: the first word with `=` or `-` at its end begins these. */
export function partChanges(args: readonly string[], what: 'label' | 'annotation'): { readonly resources: readonly string[]; readonly changes: readonly string[] } {
  const begin = args.findIndex((argument) => isChange(argument));
  const [resources, changes] = begin < 0 ? [args, []] : [args.slice(0, begin), args.slice(begin)];
  const stray = changes.find((change) => !isChange(change));
  if (stray !== undefined) throw new KubectlError(`all resources must be specified before ${what} changes: ${stray}`);
  return { resources, changes };
}

/** Reads changes. `what`: `label` or `annotation`, for messages. */
export function readChanges(words: readonly string[], what: 'label' | 'annotation'): KeyChanges {
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals >= 0) {
      if (what === 'label' && word.indexOf('=', equals + 1) >= 0) throw new KubectlError(`invalid label spec: ${word}`);
      if (equals === 0) throw new KubectlError(`invalid ${what} ${what === 'label' ? 'spec' : 'format'}: ${word}`);
      const wrong = what === 'label' ? labelValue(word.slice(equals + 1)) : [];
      if (wrong.length > 0) throw new KubectlError(`invalid label value: ${JSON.stringify(word)}: ${wrong.join(';')}`);
      set.set(word.slice(0, equals), word.slice(equals + 1));
    } else remove.push(word.slice(0, -1));
  }
  const both = remove.filter((key) => set.has(key));
  if (both.length > 0) throw new KubectlError(what === 'label' ? 'can not both modify and remove a label in the same command' : `can not both modify and remove the following annotation(s) in the same command: ${both.join(',')}`);
  return { set, remove };
}

/** The values after the changes, and which keys that concerns. */
export function applyChanges(before: Readonly<Record<string, string>>, { set, remove }: KeyChanges): { readonly after: Record<string, string>; readonly added: readonly string[]; readonly removed: readonly string[] } {
  const after = { ...before };
  const added = [...set].filter(([key, value]) => before[key] !== value).map(([key]) => key);
  for (const [key, value] of set) after[key] = value;
  const removed = remove.filter((key) => before[key] !== undefined);
  for (const key of removed) delete after[key];
  return { after, added, removed };
}
