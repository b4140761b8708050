import { findCondition } from '../../api/meta/conditions.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import type { PodCycle } from '../cycle/pod-cycle.ts';
import { Diagnosis } from '../framework/diagnosis.ts';
import type { Extender, Victims } from '../framework/extender.ts';
import type { PreemptionArgs } from '../framework/profile.ts';
import { refuseForGood } from '../framework/verdict.ts';
import { pickNode, selectVictims } from './candidates.ts';

const notHelpful = { plugin: 'DefaultPreemption', refusal: refuseForGood('Preemption is not helpful for scheduling') };

/** What preemption can do for a pod. */
export type PreemptionOutcome =
  | { readonly kind: 'preempt'; readonly nodeName: string; readonly victims: Victims }
  /** `clear`: an earlier nomination has become pointless. */
  | { readonly kind: 'no use'; readonly message: string; readonly clear: boolean };

export interface PreemptionOptions {
  readonly snapshot: Snapshot;
  readonly clock: Clock;
  readonly random: Random;
  readonly budgets: () => readonly PodDisruptionBudget[];
  readonly extenders: readonly Extender[];
}

type Candidates = ReadonlyMap<string, Victims>;

const noUse = (message: string, options: { readonly clear: boolean }): PreemptionOutcome => ({ kind: 'no use', message: `preemption: ${message}`, clear: options.clear });

/** Is the pod on its way out because the scheduler said so? */
function isBeingPreempted({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  const condition = findCondition(status?.conditions, 'DisruptionTarget');
  return condition?.status === 'True' && condition.reason === 'PreemptionByScheduler';
}

/** Finds whom to evict so that a pod of higher priority can run (upstream's DefaultPreemption). */
export class Preemption {
  readonly #options: PreemptionOptions;

  constructor(options: PreemptionOptions) {
    this.#options = options;
  }

  /** Whom to evict where. Changes nothing. */
  find(cycle: PodCycle, diagnosis: Diagnosis, args: PreemptionArgs): PreemptionOutcome {
    const found = this.#candidates(cycle, diagnosis, args);
    return 'kind' in found ? found : this.#choice(found.candidates);
  }

  /** The same; extenders that handle preemption may strike candidates out. Rejects when one that matters fails. */
  async findWithExtenders(cycle: PodCycle, diagnosis: Diagnosis, args: PreemptionArgs): Promise<PreemptionOutcome> {
    const found = this.#candidates(cycle, diagnosis, args);
    if ('kind' in found) return found;
    let { candidates } = found;
    for (const extender of this.#options.extenders) {
      if (extender.preempt === undefined || !extender.isInterested(cycle.pod.pod) || candidates.size === 0) continue;
      try {
        candidates = checkedVictims(await extender.preempt(cycle.pod.pod, candidates, this.#options.snapshot), extender);
      } catch (error) {
        if (!extender.ignorable) throw error;
      }
    }
    return this.#choice(candidates);
  }

  #choice(candidates: Candidates): PreemptionOutcome {
    const nodeName = pickNode(candidates, this.#options.clock.now());
    const victims = nodeName === undefined ? undefined : candidates.get(nodeName);
    return nodeName === undefined || victims === undefined ? noUse('no candidate node for preemption', { clear: false }) : { kind: 'preempt', nodeName, victims };
  }

  #candidates(cycle: PodCycle, diagnosis: Diagnosis, args: PreemptionArgs): { readonly candidates: Candidates } | PreemptionOutcome {
    const ineligible = this.#ineligible(cycle, diagnosis);
    if (ineligible !== undefined) return noUse(ineligible, { clear: false });
    const verdicts = new Diagnosis(diagnosis.nodes);
    verdicts.absent = notHelpful;
    const candidates = this.#dryRun(cycle, { nodes: [...diagnosis.resolvable()], args, verdicts });
    return candidates.size === 0 ? noUse(verdicts.message, { clear: true }) : { candidates };
  }

  /** Why the pod may not evict anybody now. */
  #ineligible({ pod: { pod, priority } }: PodCycle, diagnosis: Diagnosis): string | undefined {
    if (pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
    const nominated = this.#options.snapshot.get(pod.status?.nominatedNodeName ?? '');
    // A node that can never take it is no reason to wait.
    if (nominated === undefined || diagnosis.at(nominated.slot)?.refusal.retry === false) return undefined;
    for (const other of nominated.pods.values()) if (other.priority < priority && isBeingPreempted(other.pod)) return 'not eligible due to a terminating pod on the nominated node.';
    return undefined;
  }

  /** Nodes that would take the pod if some left, as many as are enough to choose from; those that violate no budget first. */
  #dryRun(cycle: PodCycle, { nodes, args, verdicts }: { readonly nodes: readonly NodeInfo[]; readonly args: PreemptionArgs; readonly verdicts: Diagnosis }): Candidates {
    const wanted = Math.min(nodes.length, Math.max(Math.floor((nodes.length * args.minCandidateNodesPercentage) / 100), args.minCandidateNodesAbsolute));
    const offset = Math.floor(this.#options.random.float() * nodes.length);
    const budgets = this.#options.budgets();
    const nowMs = this.#options.clock.now();
    const clean: [string, Victims][] = [];
    const violating: [string, Victims][] = [];
    for (let i = 0; i < nodes.length; i++) {
      if (clean.length > 0 && clean.length + violating.length >= wanted) break;
      const node = nodes[(offset + i) % nodes.length]!;
      const found = selectVictims(cycle, node, { budgets, nowMs });
      if ('reasons' in found) verdicts.set(node.slot, notHelpful.plugin, found);
      else (found.violations === 0 ? clean : violating).push([node.name, found]);
    }
    return new Map([...clean, ...violating]);
  }
}

/** What an extender left of the candidates. A node without victims is a mistake of the extender. */
function checkedVictims(left: Candidates, { ignorable }: Extender): Candidates {
  const checked = new Map(left);
  for (const [nodeName, { pods }] of left) {
    if (pods.length > 0) continue;
    if (!ignorable) throw new Error(`expected at least one victim pod on node ${JSON.stringify(nodeName)}`);
    checked.delete(nodeName);
  }
  return checked;
}
