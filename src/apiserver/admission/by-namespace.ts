import type { KubeObject } from '../../api/meta/object.ts';
import { namespaceOf } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import type { ObjectReader } from '../cache/reader.ts';

const none: readonly never[] = Object.freeze([]);

/**
 * The objects of a namespace, for kinds that most namespaces have none of and that every request asks after (limit
 * ranges, quotas): one look into a map of the namespaces that have some. Follows the cache from the first call on.
 */
export function byNamespace<T extends KubeObject>(reader: ObjectReader, type: ResourceType<T>): (namespace: string) => readonly T[] {
  let index: Map<string, readonly T[]> | undefined;
  const read = (namespaces: Map<string, readonly T[]>, namespace: string): void => {
    const objects = reader.list(type, namespace);
    if (objects.length === 0) namespaces.delete(namespace);
    else namespaces.set(namespace, objects);
  };
  const follow = (): Map<string, readonly T[]> => {
    const namespaces = new Map<string, readonly T[]>();
    for (const object of reader.list(type)) if (!namespaces.has(namespaceOf(object))) read(namespaces, namespaceOf(object));
    reader.onChange(type, ({ object, previous }) => {
      const changed = object ?? previous;
      if (changed !== undefined) read(namespaces, namespaceOf(changed));
    });
    return namespaces;
  };
  return (namespace) => (index ??= follow()).get(namespace) ?? none;
}
