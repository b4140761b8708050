import type { Labels } from '../../api/meta/labels.ts';
import type { CountsByDomain, Domains } from './domain-counts.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodQuestion } from './pod-counters.ts';
import type { TermIndex } from './term-index.ts';
import type { Topology } from './topology.ts';

/** All nodes and what runs on them, as plug-ins see them during a scheduling cycle. */
export interface Snapshot {
  /** Zone by zone in turn; a node's `slot` is its place here. */
  readonly nodes: readonly NodeInfo[];
  get(name: string): NodeInfo | undefined;
  /** On how many nodes an image is, by any of its names. */
  imageSpread(name: string): number;
  /** Empty for a namespace that is not known. */
  namespaceLabels(name: string): Labels;
  /** The domains that a node label makes. */
  topology(key: string): Topology;
  /** What `make` made under this key since nodes came, went, or changed their labels or taints. */
  domains<T extends Domains>(key: string, make: () => T): T;
  /** How many pods the question holds for, by these domains of this snapshot. Kept current: it follows what happens. */
  podCounts(question: PodQuestion, domains: Domains): CountsByDomain;
  /** What running pods require to keep away from. */
  readonly antiAffinity: TermIndex;
  /** What running pods require to be near to. */
  readonly affinity: TermIndex;
  /** What running pods prefer, by weight. */
  readonly preferredAffinity: TermIndex;
  /** Is the claim (`namespace/name`) used by a pod that has a node? */
  isClaimUsed(key: string): boolean;
}
