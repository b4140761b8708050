import { nameOf } from '../api/meta/object.ts';
import { nodes } from '../api/resources.ts';
import { isReason } from '../api/status.ts';
import type { Node, Taint } from '../api/types/core/v1.ts';
import type { Client } from './client.ts';

export const notReadyTaint = 'node.kubernetes.io/not-ready';
export const unreachableTaint = 'node.kubernetes.io/unreachable';
export const outOfServiceTaint = 'node.kubernetes.io/out-of-service';

export const sameTaint = (a: Pick<Taint, 'key' | 'effect'>, b: Pick<Taint, 'key' | 'effect'>): boolean => a.key === b.key && a.effect === b.effect;
export const hasTaint = (node: Node, taint: Pick<Taint, 'key' | 'effect'>): boolean => node.spec?.taints?.some((other) => sameTaint(other, taint)) === true;

/** How often a change is tried anew: after that its controller's queue decides, which lets few retries a second through. */
const attempts = 5;

/**
 * Writes the node's taints with some added and some taken away, if that changes them. Resolves with the node as it is then.
 * Where the node has been written meanwhile, which is usual while it is new, the change is made to what it is now, as
 * upstream's helpers do: in a queue of thousands the rate limit of retries would keep new nodes tainted for minutes.
 */
export async function changeTaints(client: Client, node: Node, change: { readonly add: readonly Taint[]; readonly remove: readonly Pick<Taint, 'key' | 'effect'>[] }): Promise<Node> {
  let current = node;
  for (let attempt = 1; ; attempt++) {
    const taints = changed(current.spec?.taints ?? [], change);
    if (taints === undefined) return current;
    try {
      // The version makes it conditional: the list is replaced as a whole.
      return await client.patch(nodes, { name: nameOf(node) }, { type: 'merge', value: { metadata: { resourceVersion: current.metadata.resourceVersion }, spec: { taints } } });
    } catch (error) {
      if (attempt === attempts || !isReason(error, 'Conflict')) throw error;
      current = await client.get(nodes, { name: nameOf(node) });
      if (current.metadata.uid !== node.metadata.uid) throw error;
    }
  }
}

/** The list after the change; undefined where that is the list as it was. */
function changed(old: readonly Taint[], { add, remove }: { readonly add: readonly Taint[]; readonly remove: readonly Pick<Taint, 'key' | 'effect'>[] }): Taint[] | undefined {
  const added = add.filter((taint) => !old.some((other) => sameTaint(other, taint)));
  const kept = old.filter((taint) => !remove.some((other) => sameTaint(other, taint)));
  return added.length === 0 && kept.length === old.length ? undefined : [...kept, ...added];
}
