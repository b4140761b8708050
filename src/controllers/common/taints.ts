import { nameOf } from '../../api/meta/object.ts';
import { nodes } from '../../api/resources.ts';
import type { Node, Taint } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';

export const notReadyTaint = 'node.kubernetes.io/not-ready';
export const unreachableTaint = 'node.kubernetes.io/unreachable';
export const outOfServiceTaint = 'node.kubernetes.io/out-of-service';

export const sameTaint = (a: Pick<Taint, 'key' | 'effect'>, b: Pick<Taint, 'key' | 'effect'>): boolean => a.key === b.key && a.effect === b.effect;
export const hasTaint = (node: Node, taint: Pick<Taint, 'key' | 'effect'>): boolean => node.spec?.taints?.some((other) => sameTaint(other, taint)) === true;

/** Writes the node's taints with some added and some taken away, if that changes them. Resolves with the node as it is then. */
export async function changeTaints(client: Client, node: Node, change: { readonly add: readonly Taint[]; readonly remove: readonly Pick<Taint, 'key' | 'effect'>[] }): Promise<Node> {
  const old = node.spec?.taints ?? [];
  const added = change.add.filter((taint) => !old.some((other) => sameTaint(other, taint)));
  const kept = old.filter((taint) => !change.remove.some((other) => sameTaint(other, taint)));
  if (added.length === 0 && kept.length === old.length) return node;
  // The version makes it conditional: the list is replaced as a whole.
  return client.patch(nodes, { name: nameOf(node) }, { type: 'merge', value: { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: [...kept, ...added] } } });
}
