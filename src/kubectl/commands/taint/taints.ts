import { labelValue, qualifiedName } from '../../../api/meta/validation.ts';
import { KubectlError, throwAll } from '../../errors.ts';

export interface Taint { readonly key: string; readonly value?: string; readonly effect: string }

export interface TaintChanges { readonly add: readonly Taint[]; readonly remove: readonly Taint[] }

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function parseTaint(text: string): Taint {
  const [pair = '', effect, ...rest] = text.split(':');
  if (rest.length > 0) throw new KubectlError(`invalid taint spec: ${text}`);
  if (effect !== undefined && !effects.includes(effect)) throw new KubectlError(`invalid taint effect: ${effect}, unsupported taint effect`);
  const [key = '', value, ...more] = effect === undefined ? [pair] : pair.split('=');
  if (more.length > 0) throw new KubectlError(`invalid taint spec: ${text}`);
  const wrong = [value === undefined ? [] : labelValue(value), qualifiedName(key)].find((problems) => problems.length > 0);
  if (wrong !== undefined) throw new KubectlError(`invalid taint spec: ${text}, ${wrong.join('; ')}`);
  return { key, ...(value !== undefined && value !== '' && { value }), effect: effect ?? '' };
}

/** Reads `key=value:effect` and `key[:effect]-`. Throws KubectlError for anything else. */
export function readTaints(words: readonly string[]): TaintChanges {
  const add: Taint[] = [];
  const remove: Taint[] = [];
  for (const word of words) {
    if (word.endsWith('-')) {
      const { key, effect } = parseTaint(word.slice(0, -1));
      remove.push({ key, effect });
      continue;
    }
    const taint = parseTaint(word);
    if (taint.effect === '') throw new KubectlError(`invalid taint spec: ${word}`);
    if (add.some((other) => sameTaint(other, taint))) throw new KubectlError(`duplicated taints with the same key and effect: {${taint.key} ${taint.value ?? ''} ${taint.effect} <nil>}`);
    add.push(taint);
  }
  return { add, remove };
}

const sameTaint = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;

/** What cannot be both set and taken away. */
export function conflictsOf({ add, remove }: TaintChanges): string[] {
  return add.flatMap((taint) => remove.filter((gone) => gone.key === taint.key && (gone.effect === '' || gone.effect === taint.effect)).map((gone) => `${gone.key}=${gone.effect}`));
}

/** The taints of a node after the changes, and what has been done. Throws for what is there already, or not there. */
export function changedTaints(node: string, before: readonly Taint[], { add, remove, overwrite }: TaintChanges & { readonly overwrite: boolean }): { readonly taints: readonly Taint[]; readonly operation: string } {
  const there = add.filter((taint) => before.some((old) => sameTaint(old, taint))).map(({ key }) => key);
  if (!overwrite && there.length > 0) throw new KubectlError(`node ${node} already has ${there.join(',')} taint(s) with same effect(s) and --overwrite is false`);
  let taints = [...add, ...before.filter((old) => !add.some((taint) => sameTaint(old, taint)))];
  const added = taints.length !== before.length;
  const missing: Error[] = [];
  let removed = false;
  for (const gone of remove) {
    const left = taints.filter((taint) => taint.key !== gone.key || (gone.effect !== '' && taint.effect !== gone.effect));
    removed = left.length !== taints.length;
    if (!removed) missing.push(new KubectlError(`taint ${JSON.stringify(gone.effect === '' ? gone.key : `${gone.key}:${gone.effect}`)} not found`));
    taints = left;
  }
  throwAll(missing);
  return { taints, operation: (added && removed) || overwrite ? 'modified' : added ? 'tainted' : 'untainted' };
}
