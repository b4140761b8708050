/** Managed fields of a scale subresource, which are those of its parent's replicas under another path. */
import type { ManagedFieldsEntry } from '../types/meta/v1.ts';
import { difference, hasPath, setOfPath } from './field-set.ts';
import type { Owners } from './owners.ts';
import { entriesOf, ownerId, storedOwners } from './owners.ts';
import { changedOwner } from './track.ts';

/** The version of every Scale. */
export const scaleVersion = 'autoscaling/v1';
const replicasInScale = ['f:spec', 'f:replicas'];

/** Where versions of the parent keep their replicas; undefined: a version that this server does not know. */
export type ReplicasPath = (apiVersion: string) => readonly string[] | undefined;

/** The entries of those who have the replicas, as a Scale has them. */
export function scaleEntries(parent: readonly ManagedFieldsEntry[] | undefined, pathIn: ReplicasPath): ManagedFieldsEntry[] | undefined {
  const owners: Owners = new Map();
  for (const [id, owner] of storedOwners(parent)) {
    const path = pathIn(owner.apiVersion);
    if (path !== undefined && hasPath(owner.fields, path)) owners.set(id, { ...changedOwner(owner, setOfPath(replicasInScale)), apiVersion: scaleVersion });
  }
  return entriesOf(owners);
}

/** The parent's entries after a Scale was written, whose entries are `scale`. `apiVersion` is the parent's in the request. */
export function parentEntries(parent: readonly ManagedFieldsEntry[] | undefined, scale: readonly ManagedFieldsEntry[] | undefined, apiVersion: string, pathIn: ReplicasPath): ManagedFieldsEntry[] | undefined {
  const before = storedOwners(parent);
  const inScale = storedOwners(scale);
  const owners: Owners = new Map();
  for (const [id, owner] of before) {
    const path = pathIn(owner.apiVersion);
    if (path === undefined) continue;
    const scaleId = ownerId({ ...owner, apiVersion: scaleVersion });
    if (!hasPath(owner.fields, path)) owners.set(id, owner);
    else if (inScale.has(scaleId)) {
      owners.set(id, owner);
      inScale.delete(scaleId);
    } else {
      // Somebody else has the replicas now.
      const fields = difference(owner.fields, setOfPath(path));
      if (fields !== undefined) owners.set(id, changedOwner(owner, fields));
    }
  }
  for (const owner of inScale.values()) {
    const path = pathIn(apiVersion);
    if (path === undefined || !hasPath(owner.fields, replicasInScale)) continue;
    // Upstream keeps no time of it either.
    const moved = { ...changedOwner(owner, setOfPath(path)), apiVersion, time: undefined };
    owners.set(ownerId(moved), moved);
  }
  return entriesOf(owners);
}
