import type { Random } from '../../base/random.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import type { Profile } from '../framework/profile.ts';
import type { RememberedAnswers } from './remembered-answers.ts';
import { isAbsolute } from './remembered-answers.ts';

/** What each node is worth to the pod: the weighted sum of all plug-ins' scores, each 0..100. `answers` know of each of the nodes. */
export function scoreNodes(pod: PodInfo, nodes: readonly NodeInfo[], options: { readonly profile: Profile; readonly snapshot: Snapshot; readonly answers?: RememberedAnswers | undefined }): Float64Array {
  const { answers } = options;
  const totals = new Float64Array(nodes.length);
  if (answers !== undefined) for (let i = 0; i < nodes.length; i++) totals[i] = answers.scoreOf(nodes[i]!);
  const own = new Float64Array(nodes.length);
  for (const { plugin, weight } of options.profile.score) {
    if (answers !== undefined && isAbsolute(plugin)) continue;
    const prepared = plugin.prepareScore?.(pod, nodes, options.snapshot);
    if (plugin.score === undefined || prepared?.skip === true) continue;
    const state = prepared?.state;
    for (let i = 0; i < nodes.length; i++) own[i] = plugin.score(pod, nodes[i]!, state);
    plugin.normalize?.(own, nodes, state);
    for (let i = 0; i < nodes.length; i++) totals[i]! += weight * own[i]!;
  }
  return totals;
}

/** The place of the best score; among equals chance decides. */
export function best(scores: Float64Array, random: Random): number {
  let found = 0;
  let ties = 1;
  for (let i = 1; i < scores.length; i++) {
    if (scores[i]! > scores[found]!) {
      found = i;
      ties = 1;
    } else if (scores[i]! === scores[found]! && random.float() < 1 / ++ties) found = i;
  }
  return found;
}
