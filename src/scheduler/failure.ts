import type { Diagnosis } from './framework/diagnosis.ts';

/** Why a pod was not placed. */
export interface Failure {
  readonly message: string;
  /** `Unschedulable`: a plug-in refused it; `SchedulerError`: something went wrong. */
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly refusedBy: ReadonlySet<string>;
  readonly diagnosis?: Diagnosis;
  /** Empty: no node is nominated any more; absent: what was, stays. */
  readonly nominatedNodeName?: string;
}

const nobody: ReadonlySet<string> = new Set();

/** Something went wrong. */
export const errorFailure = (message: string): Failure => ({ message, reason: 'SchedulerError', refusedBy: nobody, nominatedNodeName: '' });

/** No node refused the pod, but it may not go alone. */
export const heldBack = (message: string, nominatedNodeName = ''): Failure => ({ message, reason: 'Unschedulable', refusedBy: nobody, nominatedNodeName });

/** One node was chosen, and then refused. */
export const refusedOne = (plugin: string, text: string): Failure => ({ message: `0/1 nodes are available: 1 ${text}.`, reason: 'Unschedulable', refusedBy: new Set([plugin]), nominatedNodeName: '' });
