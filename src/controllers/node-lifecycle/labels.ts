import { nameOf } from '../../api/meta/object.ts';
import { nodes } from '../../api/resources.ts';
import type { Node } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';

/** Labels of before that follow those of today. */
const followers = { 'beta.kubernetes.io/os': 'kubernetes.io/os', 'beta.kubernetes.io/arch': 'kubernetes.io/arch' } as const;

/** Gives a node the old names of its labels with the values of the new ones. */
export async function reconcileLabels(client: Client, node: Node): Promise<void> {
  const { labels = {} } = node.metadata;
  const wanted = Object.fromEntries(Object.entries(followers).flatMap(([old, today]) => (labels[today] === undefined || labels[today] === labels[old] ? [] : [[old, labels[today]]])));
  if (Object.keys(wanted).length > 0) await client.patch(nodes, { name: nameOf(node) }, { type: 'strategic', value: { metadata: { labels: wanted } } });
}
