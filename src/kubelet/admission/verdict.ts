import type { Node, Pod } from '../../api/types/core/v1.ts';
import type { RuntimeStatus } from '../../runtime/runtime.ts';
import type { ResourceList } from '../resources/quantities.ts';

/** Why a pod may not run on this node: becomes the reason and message of its failure. */
export interface Refusal { readonly reason: string; readonly message: string }

/** A pod of the node. */
export interface Neighbour {
  readonly pod: Pod;
  /** Does it count? Those do that were admitted and are not forgotten. */
  readonly isAdmitted: boolean;
  readonly isForgotten: boolean;
  /** What it was granted, see requestsOf. */
  readonly requests: ReadonlyMap<string, number>;
}

/** What pods are judged by. */
export interface AdmissionInput {
  /** The node as the API has it; undefined before it is registered. */
  readonly node: Node | undefined;
  readonly allocatable: ResourceList;
  /** All pods of the node. */
  readonly others: Iterable<Neighbour>;
  /** Undefined before the runtime was asked. */
  readonly runtime: RuntimeStatus | undefined;
  /** `6.18.5-amd64`: some sysctls are a pod's own only since a certain version. */
  readonly kernelVersion: string;
  /** Names and prefixes (`net.core.*`) that this node's administrator allows beside the safe ones. */
  readonly allowedUnsafeSysctls: readonly string[];
  readonly appArmor: boolean;
  /** Why no pod of this kind may start now: the node is short of something, or is being shut down. */
  readonly refusal: (pod: Pod) => Refusal | undefined;
}

/** Undefined when nothing speaks against the pod. */
export type Admission = (pod: Pod, input: AdmissionInput) => Refusal | undefined;
