import { isMap } from '../../base/is-map.ts';
import { KubectlError } from '../errors.ts';
import { toGoYaml } from '../printers/go-yaml.ts';
import type { NameReference } from './default-fields.ts';
import type { FieldSpec, Place } from './field-spec.ts';
import { atField, read, write } from './field-spec.ts';
import { byNamespace } from './resource-list.ts';
import type { KindPattern, Resource } from './resource.ts';
import { currentId, effectiveNamespace, idText, isClusterScoped, isOfKind, kindOf, nameOf, namespaceOf, originalId } from './resource.ts';

/** Whom a resource may mean: what is in its own namespace or in none, and for role bindings the accounts of the namespaces that they name. */
function candidatesOf(all: readonly Resource[], from: Resource): readonly Resource[] {
  const id = currentId(from);
  if (isClusterScoped(id)) return all;
  const others = new Set<unknown>();
  if (id.kind === 'RoleBinding' && Array.isArray(from.object['subjects'])) {
    for (const subject of from.object['subjects'] as unknown[]) if (isMap(subject) && subject['kind'] === 'ServiceAccount' && subject['namespace'] !== undefined) others.add(subject['namespace']);
  }
  return all.filter((one) => {
    const other = currentId(one);
    return isClusterScoped(other) || effectiveNamespace(other) === effectiveNamespace(id) || others.has(namespaceOf(one.object));
  });
}

/** Do the shorter list's elements end the longer one? */
function endAlike(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(a.length - length).every((one, i) => one === b[b.length - length + i]);
}

function surroundedAlike(a: Resource, b: Resource, { orEmpty }: { readonly orEmpty: boolean }): boolean {
  const alike = (one: readonly string[], other: readonly string[]): boolean => (orEmpty && (one.length === 0 || other.length === 0)) || endAlike(one, other);
  return alike(a.prefixes, b.prefixes) && alike(a.suffixes, b.suffixes);
}

/** One field of one resource, which names something of a kind. */
class Reference {
  readonly #from: Resource;
  readonly #field: FieldSpec;
  readonly #target: KindPattern;
  readonly #candidates: readonly Resource[];

  constructor(from: Resource, field: FieldSpec, { target, candidates }: { readonly target: KindPattern; readonly candidates: readonly Resource[] }) {
    this.#from = from;
    this.#field = field;
    this.#target = target;
    this.#candidates = candidates;
  }

  follow(): void {
    try {
      atField(this.#from.object, { ...kindOf(this.#from.object), path: this.#field.path, ...(this.#field.create !== undefined && { create: this.#field.create }) }, { set: (place) => this.#set(place) });
    } catch (error) {
      throw new KubectlError(`updating name reference in '${this.#field.path}' field of '${idText(currentId(this.#from))}': ${(error as Error).message}`, { cause: error });
    }
  }

  #set(place: Place): void {
    const value = read(place);
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) return (value as unknown[]).forEach((_, key) => this.#set({ holder: value as unknown[], key }));
    if (isMap(value)) return this.#setNameIn(value);
    const found = this.#meant(String(value as string), this.#candidates, { sameNamespace: false });
    if (found !== undefined && nameOf(found.object) !== value) write(place, nameOf(found.object));
  }

  #setNameIn(holder: Record<string, unknown>): void {
    if (holder['name'] === undefined) throw new KubectlError('path config error; no \'name\' field in node');
    const { namespace } = holder;
    const found = this.#meant(String(holder['name'] as string), namespace === undefined ? this.#candidates : this.#inNamespace(String(namespace as string)), { sameNamespace: true });
    if (found === undefined) return;
    holder['name'] = nameOf(found.object);
    if (namespaceOf(found.object) !== '') holder['namespace'] = namespaceOf(found.object);
  }

  #inNamespace(namespace: string): readonly Resource[] {
    const before = this.#candidates.filter((one) => effectiveNamespace(originalId(one)) === namespace);
    return before.length > 0 ? before : byNamespace(this.#candidates).get(namespace) ?? [];
  }

  /** A binding's role is of the kind that it says. */
  #roleKind(): KindPattern | undefined {
    const { roleRef } = this.#from.object as { readonly roleRef?: unknown };
    if (!this.#field.path.endsWith('roleRef/name') || !isMap(roleRef)) return undefined;
    const { apiGroup, kind } = roleRef;
    return typeof apiGroup === 'string' && typeof kind === 'string' ? { group: apiGroup, kind } : undefined;
  }

  #meant(name: string, candidates: readonly Resource[], { sameNamespace }: { readonly sameNamespace: boolean }): Resource | undefined {
    const role = this.#roleKind();
    const id = currentId(this.#from);
    let found = candidates.filter((one) => {
      const now = currentId(one);
      return one.previous.some((before) => before.name === name) && one.previous.some((before) => isOfKind(before, this.#target)) && (role === undefined || one.previous.some((before) => isOfKind(before, role)))
        && (isClusterScoped(id) || isClusterScoped(now) || now.kind === 'ServiceAccount' || effectiveNamespace(now) === effectiveNamespace(id));
    });
    if (found.length === 1) return found[0];
    found = found.filter((one) => surroundedAlike(one, this.#from, { orEmpty: true }));
    if (found.length > 1) found = found.filter((one) => surroundedAlike(one, this.#from, { orEmpty: false }));
    const [first] = found;
    if (first === undefined || found.every(({ object }) => nameOf(object) === nameOf(first.object) && (!sameNamespace || namespaceOf(object) === namespaceOf(first.object)))) return first;
    const details = found.map((one, i) => `--- possible referral ${i}:\n${toGoYaml(one.object)}\n`).join('');
    throw new KubectlError(`found multiple possible referrals: ${found.map((one) => idText(currentId(one))).join(', ')}\n\n**** Too many possible referral targets to referrer:\n${toGoYaml(this.#from.object)}\n${details}`);
  }
}

/** Lets everything that names another object name it as that is called now. */
export function fixReferences(all: readonly Resource[], references: readonly NameReference[]): void {
  const ids = all.map(originalId);
  const candidates = all.map((one) => candidatesOf(all, one));
  for (const { fieldSpecs, ...target } of references) {
    for (const field of fieldSpecs) all.forEach((one, i) => { if (isOfKind(ids[i]!, field)) new Reference(one, field, { target, candidates: candidates[i]! }).follow(); });
  }
}
