import type { Plugin } from './plugin.ts';

/** What preemption is told by its arguments. */
export interface PreemptionArgs {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

/** How the pods of one scheduler name are scheduled: which plug-ins are asked at which point, in order. */
export interface Profile {
  readonly schedulerName: string;
  /** Of all nodes, how many that fit are enough to choose from; 0 or absent: by the size of the cluster. */
  readonly percentageOfNodesToScore?: number;
  readonly gate: readonly Plugin[];
  readonly prepare: readonly Plugin[];
  readonly filter: readonly Plugin[];
  /** Asked when no node will do; preemption stands among them as a plug-in that does nothing. */
  readonly rescue: readonly Plugin[];
  readonly score: readonly { readonly plugin: Plugin; readonly weight: number }[];
  readonly reserve: readonly Plugin[];
  readonly permit: readonly Plugin[];
  readonly preBind: readonly Plugin[];
  /** Those that look at pod and node alone. */
  readonly local: readonly Plugin[];
  /** Absent: a pod that fits nowhere evicts nobody. */
  readonly preemption?: PreemptionArgs;
  /** All of them by name. */
  readonly byName: ReadonlyMap<string, Plugin>;
}

/** Where a plug-in has something to say. */
export type ExtensionPoint = 'gate' | 'prepare' | 'filter' | 'rescue' | 'score' | 'reserve' | 'permit' | 'preBind';

/** The plug-in that is not one here: it works on the whole cluster. */
export const preemptionName = 'DefaultPreemption';

const speaks: Readonly<Record<ExtensionPoint, (plugin: Plugin) => boolean>> = {
  gate: ({ gate }) => gate !== undefined,
  prepare: ({ prepare }) => prepare !== undefined,
  filter: ({ filter }) => filter !== undefined,
  rescue: ({ name, rescue }) => rescue !== undefined || name === preemptionName,
  score: ({ score }) => score !== undefined,
  reserve: ({ reserve, unreserve }) => reserve !== undefined || unreserve !== undefined,
  permit: ({ permit }) => permit !== undefined,
  preBind: ({ preBind }) => preBind !== undefined,
};

/** A profile of plug-ins that speak wherever they can. */
export function profileOf(options: {
  readonly schedulerName?: string;
  readonly plugins: readonly { readonly plugin: Plugin; readonly weight?: number }[];
  readonly percentageOfNodesToScore?: number;
  readonly preemption?: PreemptionArgs;
  /** Which plug-ins speak at a point, where that is not all that can, and in which order. */
  readonly points?: Partial<Record<ExtensionPoint, readonly { readonly plugin: Plugin; readonly weight?: number }[]>>;
}): Profile {
  const at = (point: ExtensionPoint): readonly { readonly plugin: Plugin; readonly weight?: number }[] => (options.points?.[point] ?? options.plugins).filter(({ plugin }) => speaks[point](plugin));
  const plain = (point: ExtensionPoint): Plugin[] => at(point).map(({ plugin }) => plugin);
  return {
    schedulerName: options.schedulerName ?? 'default-scheduler',
    ...(options.percentageOfNodesToScore !== undefined && { percentageOfNodesToScore: options.percentageOfNodesToScore }),
    gate: plain('gate'),
    prepare: plain('prepare'),
    filter: plain('filter'),
    rescue: plain('rescue'),
    score: at('score').map(({ plugin, weight = 1 }) => ({ plugin, weight })),
    reserve: plain('reserve'),
    permit: plain('permit'),
    preBind: plain('preBind'),
    local: [...new Set([...plain('filter'), ...plain('score')])].filter(({ alike }) => alike !== undefined),
    ...(options.preemption !== undefined && { preemption: options.preemption }),
    byName: new Map(options.plugins.map(({ plugin }) => [plugin.name, plugin])),
  };
}
