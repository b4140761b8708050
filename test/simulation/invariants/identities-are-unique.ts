import { quietNamespace } from '../workloads/operation.ts';
import type { Invariant } from './invariant.ts';

/**
 * A pod of a stateful set runs once in the whole cluster, by what the nodes really run, as long as nobody deletes it by
 * force: also when its node cannot be reached.
 */
export function identitiesAreUnique(): Invariant {
  return {
    name: 'identities are unique',
    look(running) {
      const nodes = new Map<string, string>();
      for (const { node, namespace, name } of running) {
        if (namespace !== quietNamespace || !name.startsWith('ordered-')) continue;
        const other = nodes.get(name);
        if (other !== undefined && other !== node) return `${name} runs on ${other} and on ${node}`;
        nodes.set(name, node);
      }
      return undefined;
    },
  };
}
