import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../../api/types/core/v1.ts';
import { isSidecar, isTerminalPhase, specOf } from '../pods/pod-spec.ts';
import { sandboxChanged } from '../pods/pod-runtime.ts';
import { qosClassOf } from '../resources/qos.ts';
import { isStatic } from '../static-pods/annotations.ts';
import { generateConditions, kubeletConditions, terminatedByKubelet } from './conditions.ts';
import type { ContainerStatusInput } from './container-statuses.ts';
import { containerStatuses } from './container-statuses.ts';
import type { PodPhase } from './phase.ts';
import { neverRan } from './never-ran.ts';
import { phaseOf } from './phase.ts';

export interface PodStatusInput extends ContainerStatusInput {
  /** What was reported last, or the API's status. */
  readonly old: PodStatus;
  readonly hostIps: readonly string[];
  /** All containers have ended, and none will be started again. */
  readonly isTerminal: boolean;
  /** Overrides the phase with Failed: eviction, rejection, deadline. */
  readonly failed?: { readonly reason: string; readonly message: string; readonly isDisruption?: boolean } | undefined;
  /** How far a change of its resources is. */
  readonly resize: readonly PodCondition[];
  /** Readiness as the probes see it, for containers that run. */
  ready(container: ContainerStatus): boolean;
  started(container: ContainerStatus): boolean;
}

/** The status that the pod has now. Transition times of conditions and the start time are added by the status manager. */
export function generatePodStatus(input: PodStatusInput): PodStatus {
  const { pod, state, old } = input;
  const spec = specOf(pod);
  const regular = containerStatuses(input, spec.containers, old.containerStatuses, 'regular');
  const init = containerStatuses(input, spec.initContainers, old.initContainerStatuses, 'init');
  const ephemeral = containerStatuses(input, spec.ephemeralContainers, old.ephemeralContainerStatuses, 'ephemeral');
  for (const status of regular) addReadiness(input, status, false);
  for (const status of init) addReadiness(input, status, true);
  const all = init.length === 0 ? regular : [...init, ...regular];

  const hasInitialized = spec.containers.some(({ name }) => state.containers.some((container) => container.name === name && container.sandboxId === state.sandbox?.id));
  let phase: PodPhase = phaseOf(pod, all, { isTerminal: input.isTerminal, hasInitialized });
  let { reason, message } = old;
  if (isTerminalPhase(old.phase)) phase = old.phase as PodPhase;
  if (isTerminalPhase(pod.status?.phase)) phase = pod.status?.phase as PodPhase;
  if (phase !== old.phase) reason = message = undefined;
  if (input.failed !== undefined && phase !== 'Succeeded') {
    phase = 'Failed';
    ({ reason, message } = input.failed);
  }

  const theirs = (pod.status?.conditions ?? []).filter(({ type }) => !kubeletConditions.has(type));
  const others = input.failed?.isDisruption === true && phase === 'Failed' ? [...theirs.filter(({ type }) => type !== 'DisruptionTarget'), disruption(pod, input.failed.message)] : theirs;
  const conditions = generateConditions({ pod, statuses: all, phase, others, sandboxReady: !sandboxChanged(spec.hostNetwork === true, state).changed });
  conditions.push(...input.resize, ...others);
  const podIps = spec.hostNetwork === true ? input.hostIps : state.sandbox?.ips ?? [];
  const { generation } = pod.metadata;
  // Made at every step of every pod: spreads of what may be missing would cost more than all else here.
  const status: PodStatus = {};
  if (generation !== undefined) status.observedGeneration = generation;
  status.phase = phase;
  if (reason !== undefined) status.reason = reason;
  if (message !== undefined) status.message = message;
  status.conditions = conditions;
  if (input.hostIps[0] !== undefined) {
    status.hostIP = input.hostIps[0];
    status.hostIPs = input.hostIps.map((ip) => ({ ip }));
  }
  if (podIps[0] !== undefined) {
    status.podIP = podIps[0];
    status.podIPs = podIps.map((ip) => ({ ip }));
  }
  if (init.length > 0) status.initContainerStatuses = init;
  status.containerStatuses = regular;
  if (ephemeral.length > 0) status.ephemeralContainerStatuses = ephemeral;
  status.qosClass = qosClassOf(pod);
  return input.isTerminal && !isTerminalPhase(phase) && !isStatic(pod) ? neverRan(pod, status) : status;
}

/** Tells the pod's owner that its end was the node's doing. */
function disruption(pod: Pod, message: string): PodCondition {
  const { generation } = pod.metadata;
  return { type: 'DisruptionTarget', status: 'True', reason: terminatedByKubelet, message, ...(generation !== undefined && { observedGeneration: generation }) };
}

function addReadiness(input: PodStatusInput, status: ContainerStatus, init: boolean): void {
  const isRunning = status.state?.running !== undefined;
  if (init && !(specOf(input.pod).initContainers ?? []).some((container) => container.name === status.name && isSidecar(container))) {
    status.started = isRunning;
    status.ready = status.state?.terminated?.exitCode === 0;
    return;
  }
  status.started = isRunning && input.started(status);
  status.ready = status.started && input.ready(status);
}
