import type { OwnerReference } from '../../api/types/meta/v1.ts';

/** Where an object is: where it was seen, or where a reference to it says that it is. */
export interface Coordinates {
  readonly uid: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Of a reference: the namespace of who refers, whatever the kind of the owner. */
  readonly namespace: string;
  readonly name: string;
}

/** Who refers to an owner. */
export interface Referrer {
  readonly namespace: string;
  readonly owners: readonly OwnerReference[];
}

type Reference = Pick<OwnerReference, 'uid' | 'apiVersion' | 'kind' | 'name'>;

/** Does the reference say of the owner what is known of it, but for the namespace, which no reference says? */
export function refersTo(reference: Reference, owner: Reference): boolean {
  return reference.uid === owner.uid && reference.name === owner.name && reference.kind === owner.kind && reference.apiVersion === owner.apiVersion;
}

export const sameCoordinates = (a: Coordinates, b: Coordinates): boolean => refersTo(a, b) && a.namespace === b.namespace;

/** One string for coordinates. */
export const coordinatesKey = ({ uid, apiVersion, kind, name }: Reference, namespace: string): string => `${apiVersion} ${kind} ${namespace}/${name} ${uid}`;

/** Those that refer to the owner as it is, and those that refer to its uid in other words; one that does both is in both. */
export function partition<T extends Referrer>(dependents: Iterable<T>, owner: Coordinates): { readonly matching: T[]; readonly mismatching: T[] } {
  const [matching, mismatching]: [T[], T[]] = [[], []];
  for (const dependent of dependents) {
    if (owner.namespace !== '' && dependent.namespace !== owner.namespace) {
      mismatching.push(dependent);
      continue;
    }
    const references = dependent.owners.filter(({ uid }) => uid === owner.uid);
    if (references.some((reference) => refersTo(reference, owner))) matching.push(dependent);
    if (references.some((reference) => !refersTo(reference, owner))) mismatching.push(dependent);
  }
  return { matching, mismatching };
}

/** What else dependents say of the owner: the next after what is known to be wrong, or the first, so that each has its turn. */
export function alternative(dependents: readonly Referrer[], absent: Coordinates): Coordinates | undefined {
  const others: Coordinates[] = [];
  for (const dependent of dependents) {
    for (const reference of dependent.owners) {
      if (reference.uid !== absent.uid) continue;
      const clusterScoped = absent.namespace === '' && reference.apiVersion === absent.apiVersion && reference.kind === absent.kind;
      const { uid, apiVersion, kind, name } = reference;
      const other = { uid, apiVersion, kind, name, namespace: clusterScoped ? '' : dependent.namespace };
      if (!sameCoordinates(other, absent)) others.push(other);
    }
  }
  others.sort(compare);
  return others.find((other) => compare(absent, other) < 0) ?? others[0];
}

function compare(a: Coordinates, b: Coordinates): number {
  for (const field of ['kind', 'apiVersion', 'namespace', 'name'] as const) {
    if (a[field] !== b[field]) return a[field] < b[field] ? -1 : 1;
  }
  return 0;
}
