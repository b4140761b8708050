import type { KubeObject } from '../../../src/api/meta/object.ts';
import type { Invariant } from './invariant.ts';

/** What all owners of have gone, goes; what is being deleted, goes; and nothing is in a namespace that is not there. */
export function nothingIsLeftBehind(): Invariant {
  return {
    name: 'nothing is left behind',
    settled(history) {
      const problems: string[] = [];
      const uids = new Set<string>();
      for (const [, objects] of history.resources) for (const { metadata } of objects.values()) if (metadata?.uid !== undefined) uids.add(metadata.uid);
      const namespaces = new Set([...history.objects('core/namespaces').values()].map(({ metadata }) => metadata.name));
      for (const [resource, objects] of history.resources) {
        if (resource === 'ranges' || resource.endsWith('events')) continue;
        for (const [key, object] of objects) problems.push(...about(key, object, { uids, namespaces }));
      }
      return problems;
    },
  };
}

function about(key: string, { metadata }: KubeObject, { uids, namespaces }: { readonly uids: ReadonlySet<string>; readonly namespaces: ReadonlySet<string | undefined> }): string[] {
  const problems: string[] = [];
  if (metadata?.deletionTimestamp !== undefined) problems.push(`${key} is being deleted since ${metadata.deletionTimestamp}, finalizers ${metadata.finalizers?.join() ?? 'none'}`);
  const owners = metadata?.ownerReferences ?? [];
  if (owners.length > 0 && !owners.some(({ uid }) => uids.has(uid))) problems.push(`${key} is left behind by ${owners.map(({ kind, name }) => `${kind} ${name}`).join()}`);
  if (metadata?.namespace !== undefined && !namespaces.has(metadata.namespace)) problems.push(`${key} is in a namespace that is not there`);
  return problems;
}
