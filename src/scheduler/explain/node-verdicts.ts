import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Diagnosis } from '../framework/diagnosis.ts';
import { remedyOf } from './remedies.ts';

/** What one node said to a pod that waits. */
export interface NodeVerdict {
  readonly node: string;
  /** The plug-in that refused it: the first, in their order, that did. */
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** What would have to change, as the node is now; empty when nobody can say. */
  readonly remedy: readonly string[];
}

/** Why a pod waits, as the scheduler saw it at its last attempt. */
export interface PodVerdict {
  /** The plug-ins that refused it. */
  readonly refusedBy: readonly string[];
  /** Said before any node was looked at; empty when nodes were. */
  readonly refusedAtOnce: string;
  /** What taking room from others would help; empty when nobody tried. */
  readonly preemption: string;
  readonly nodes: readonly NodeVerdict[];
  /** More nodes than are listed. */
  readonly nodeCount: number;
}

/** Of thousands of nodes, those that are shown. */
const maxNodes = 100;

/** A diagnosis in words. The numbers are those of the moment it is asked for. */
export function podVerdictOf(diagnosis: Diagnosis, pod: PodInfo): PodVerdict {
  const { nodes } = diagnosis;
  return {
    refusedBy: [...diagnosis.refusedBy], refusedAtOnce: diagnosis.preFilterMessage, preemption: diagnosis.postFilterMessage, nodeCount: nodes.length,
    nodes: diagnosis.preFilterMessage === '' ? nodes.slice(0, maxNodes).map((node, slot) => verdictOf(diagnosis, pod, { node, slot })) : [],
  };
}

function verdictOf(diagnosis: Diagnosis, pod: PodInfo, { node, slot }: { readonly node: NodeInfo; readonly slot: number }): NodeVerdict {
  const found = diagnosis.at(slot);
  if (found === undefined) return { node: node.name, plugin: '', reasons: ['was not looked at'], remedy: [] };
  return { node: node.name, plugin: found.plugin, reasons: found.refusal.reasons, remedy: remedyOf(found.plugin, pod, node) };
}
