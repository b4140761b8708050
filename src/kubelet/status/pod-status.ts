import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../../api/types/core/v1.ts';
import { isSidecar, isTerminalPhase, specOf } from '../pods/pod-spec.ts';
import { sandboxChanged } from '../pods/pod-runtime.ts';
import { qosClassOf } from '../resources/qos.ts';
import { generateConditions, kubeletConditions, terminatedByKubelet } from './conditions.ts';
import type { ContainerStatusInput } from './container-statuses.ts';
import { containerStatuses } from './container-statuses.ts';
import type { PodPhase } from './phase.ts';
import { phaseOf } from './phase.ts';

export interface PodStatusInput extends ContainerStatusInput {
  /** What was reported last, or the API's status. */
  readonly old: PodStatus;
  readonly hostIps: readonly string[];
  /** All containers have ended, and none will be started again. */
  readonly isTerminal: boolean;
  /** Overrides the phase with Failed: eviction, rejection, deadline. */
  readonly failed?: { readonly reason: string; readonly message: string; readonly isDisruption?: boolean };
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
  const finish = (statuses: ContainerStatus[], init: boolean): ContainerStatus[] => statuses.map((status) => withReadiness(input, status, init));
  const regular = finish(containerStatuses(input, spec.containers, old.containerStatuses ?? [], 'regular'), false);
  const init = finish(containerStatuses(input, spec.initContainers ?? [], old.initContainerStatuses ?? [], 'init'), true);
  const ephemeral = containerStatuses(input, spec.ephemeralContainers ?? [], old.ephemeralContainerStatuses ?? [], 'ephemeral');
  const all = [...init, ...regular];

  const hasInitialized = spec.containers.some(({ name }) => state.containers.some((container) => container.name === name && container.sandboxId === state.sandbox?.id));
  let phase: PodPhase = phaseOf(pod, all, { isTerminal: input.isTerminal, hasInitialized });
  let { reason, message } = old;
  for (const earlier of [old.phase, pod.status?.phase]) if (isTerminalPhase(earlier)) phase = earlier as PodPhase;
  if (phase !== old.phase) reason = message = undefined;
  if (input.failed !== undefined && phase !== 'Succeeded') {
    phase = 'Failed';
    ({ reason, message } = input.failed);
  }

  const theirs = (pod.status?.conditions ?? []).filter(({ type }) => !kubeletConditions.has(type));
  const others = input.failed?.isDisruption === true && phase === 'Failed' ? [...theirs.filter(({ type }) => type !== 'DisruptionTarget'), disruption(pod, input.failed.message)] : theirs;
  const conditions = generateConditions({ pod, statuses: all, phase, others, sandboxReady: !sandboxChanged(spec.hostNetwork === true, state).changed });
  const sandboxIps = state.sandbox?.ips ?? [];
  const podIps = spec.hostNetwork === true ? input.hostIps : sandboxIps;
  const { generation } = pod.metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    conditions: [...conditions, ...input.resize, ...others],
    ...(input.hostIps[0] !== undefined && { hostIP: input.hostIps[0], hostIPs: input.hostIps.map((ip) => ({ ip })) }),
    ...(podIps[0] !== undefined && { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) }),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: regular,
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    qosClass: qosClassOf(pod),
  };
}

/** Tells the pod's owner that its end was the node's doing. */
function disruption(pod: Pod, message: string): PodCondition {
  const { generation } = pod.metadata;
  return { type: 'DisruptionTarget', status: 'True', reason: terminatedByKubelet, message, ...(generation !== undefined && { observedGeneration: generation }) };
}

function withReadiness(input: PodStatusInput, status: ContainerStatus, init: boolean): ContainerStatus {
  const sidecar = init && (specOf(input.pod).initContainers ?? []).some((container) => container.name === status.name && isSidecar(container));
  if (init && !sidecar) {
    const running = status.state?.running !== undefined;
    return { ...status, started: running, ready: status.state?.terminated?.exitCode === 0 };
  }
  if (status.state?.running === undefined) return { ...status, ready: false, started: false };
  const started = input.started(status);
  return { ...status, started, ready: started && input.ready(status) };
}
