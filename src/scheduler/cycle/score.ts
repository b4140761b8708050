import type { Random } from '../../base/random.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import type { Profile } from '../framework/profile.ts';
import type { ProfileMetrics } from '../profile-metrics.ts';
import type { RememberedAnswers } from './remembered-answers.ts';
import { isAbsolute } from './remembered-answers.ts';

interface Scoring { readonly profile: Profile; readonly snapshot: Snapshot; readonly metrics: ProfileMetrics; readonly answers?: RememberedAnswers | undefined }

/** Says of a plug-in that it does not score. */
const silent: unique symbol = Symbol('silent');

/** What each node is worth to the pod: the weighted sum of all plug-ins' scores, each 0..100. `answers` know of each of the nodes. */
export function scoreNodes(pod: PodInfo, nodes: readonly NodeInfo[], options: Scoring): Float64Array {
  const { answers, metrics, profile: { score } } = options;
  const startMs = metrics.now();
  const states = prepareScores(pod, nodes, options);
  const preparedMs = metrics.passed('PreScore', 'Success', startMs);
  const totals = new Float64Array(nodes.length);
  if (answers !== undefined) for (let i = 0; i < nodes.length; i++) totals[i] = answers.scoreOf(nodes[i]!);
  const own = new Float64Array(nodes.length);
  for (let rank = 0; rank < score.length; rank++) {
    const { plugin, weight } = score[rank]!;
    const state = states[rank];
    if (plugin.score === undefined || state === silent) continue;
    metrics.scored[rank]!.value += nodes.length;
    for (let i = 0; i < nodes.length; i++) own[i] = plugin.score(pod, nodes[i]!, state);
    plugin.normalize?.(own, nodes, state);
    for (let i = 0; i < nodes.length; i++) totals[i]! += weight * own[i]!;
  }
  metrics.passed('Score', 'Success', preparedMs);
  return totals;
}

/** What each plug-in needs of the cluster to score. */
function prepareScores(pod: PodInfo, nodes: readonly NodeInfo[], { answers, metrics, profile: { score }, snapshot }: Scoring): readonly unknown[] {
  return score.map(({ plugin }, rank) => {
    if (answers !== undefined && isAbsolute(plugin)) return silent;
    const prepared = plugin.prepareScore?.(pod, nodes, snapshot);
    if (prepared?.skip === true) return silent;
    metrics.scorePrepared[rank]!.value += 1;
    return prepared?.state;
  });
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
