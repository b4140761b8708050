import { parseLabelSelector } from '../../api/meta/label-selector-parser.ts';
import { KubectlError } from '../errors.ts';
import type { Selector } from './kustomization.ts';
import type { Id, Resource } from './resource.ts';
import { currentId, effectiveNamespace, idStructure, idText, idsOf, isClusterScoped, isSameId, originalId } from './resource.ts';

/** Adds one that is not there yet. */
export function append(all: Resource[], one: Resource): void {
  const id = currentId(one);
  if (all.some((there) => isSameId(id, currentId(there)))) throw new KubectlError(`may not add resource with an already registered id: ${idText(id)}`);
  all.push(one);
}

export function appendAll(all: Resource[], more: readonly Resource[]): void {
  for (const one of more) append(all, one);
}

/** Those that are, or were, called so. */
export const calledEver = (all: readonly Resource[], matches: (id: Id) => boolean): Resource[] => all.filter((one) => !one.gone && idsOf(one).some(matches));

type Json = Record<string, unknown>;

function merged(older: unknown, newer: unknown): Json | undefined {
  const both = { ...older as Json | undefined, ...newer as Json | undefined };
  return Object.keys(both).length === 0 ? undefined : both;
}

/** The generated object takes from the one in whose place it comes what that is called and labelled. */
function takePlace(one: Resource, old: Resource): void {
  const { metadata } = one.object;
  const [labels, annotations] = [merged(old.object.metadata?.labels, metadata?.labels), merged(old.object.metadata?.annotations, metadata?.annotations)] as [Record<string, string> | undefined, Record<string, string> | undefined];
  const { labels: _, annotations: __, namespace: ___, ...others } = metadata ?? {};
  const { namespace } = old.object.metadata ?? {};
  one.object.metadata = { ...others, name: old.object.metadata?.name ?? '', ...(namespace !== undefined && { namespace }), ...(labels !== undefined && { labels }), ...(annotations !== undefined && { annotations }) };
  one.previous = [...old.previous];
  one.prefixes.push(...old.prefixes);
  one.suffixes.push(...old.suffixes);
  one.hashed &&= old.hashed;
  one.variables.push(...old.variables);
}

/** Adds what a generator made, or lets it take the place of what it means. */
export function absorb(all: Resource[], one: Resource): void {
  const id = currentId(one);
  const matches = calledEver(all, (other) => isSameId(id, other));
  const changes = one.behavior === 'merge' || one.behavior === 'replace';
  const [old] = matches;
  if (old === undefined) {
    if (changes) throw new KubectlError(`id ${idStructure(id)} does not exist; cannot merge or replace`);
    return append(all, one);
  }
  if (matches.length > 1) throw new KubectlError(`found multiple objects ${matches.map((match) => idText(currentId(match))).join(' ')} that could accept merge of ${idText(id)}`);
  if (!changes) throw new KubectlError(`id ${idStructure(id)} exists; can not use behavior: '${one.behavior === '' ? 'unspecified' : one.behavior}', behavior must be merge or replace`);
  takePlace(one, old);
  if (one.behavior === 'merge') {
    for (const field of ['data', 'binaryData']) {
      const both = merged(old.object[field], one.object[field]);
      if (both !== undefined) one.object[field] = both;
    }
    if (old.origin !== undefined) one.origin = old.origin;
  }
  all[all.indexOf(old)] = one;
}

/** The one that an id means. */
export function demanded(all: readonly Resource[], id: Id): Resource {
  const found = calledEver(all, (other) => isSameId(id, other));
  if (found.length === 1) return found[0]!;
  throw new KubectlError(`${found.length === 0 ? 'no' : 'multiple'} matches for Id ${idText(id)}; failed to find unique target for patch ${idText(id)}`);
}

/** A selector's patterns, each of which means the whole of a text; '' means any. */
export function pattern(text: string | undefined): (value: string) => boolean {
  if (text === undefined || text === '') return () => true;
  let expression: RegExp;
  try {
    expression = new RegExp(`^(?:${text})$`);
  } catch (error) {
    throw new KubectlError(`error parsing regexp: ${(error as Error).message}`, { cause: error });
  }
  return (value) => expression.test(value);
}

/** A test for ids alone. */
export function idMatcher({ group, version, kind, name, namespace }: Selector): (id: Id) => boolean {
  const [ofGroup, ofVersion, ofKind, ofName, ofNamespace] = [pattern(group), pattern(version), pattern(kind), pattern(name), pattern(namespace)];
  return (id) => ofGroup(id.group) && ofVersion(id.version) && ofKind(id.kind) && ofName(id.name) && ofNamespace(id.namespace);
}

/** Do labels and annotations match? */
export function isLabelled({ object }: Resource, { labelSelector = '', annotationSelector = '' }: Selector): boolean {
  const matches = (selector: string, labels: Record<string, string> | undefined): boolean => selector === '' || parseLabelSelector(selector).matches(labels ?? {});
  return matches(annotationSelector, object.metadata?.annotations) && matches(labelSelector, object.metadata?.labels);
}

/** What a selector means: names and namespaces are those of now or of the beginning, each for itself. */
export function select(all: readonly Resource[], selector: Selector): Resource[] {
  const { name, namespace, ...kind } = selector;
  const [ofKind, ofName, ofNamespace] = [idMatcher(kind), pattern(name), pattern(namespace)];
  return all.filter((one) => {
    const [now, first] = [currentId(one), originalId(one)];
    return (ofNamespace(effectiveNamespace(first)) || ofNamespace(effectiveNamespace(now))) && (ofName(first.name) || ofName(now.name)) && ofKind(now) && isLabelled(one, selector);
  });
}

/** By the namespaces of now; what is in none is not here. */
export function byNamespace(all: readonly Resource[]): Map<string, Resource[]> {
  return Map.groupBy(all.filter((one) => !isClusterScoped(currentId(one))), (one) => effectiveNamespace(currentId(one)));
}
