import type { Condition, Container, ContainerState, ContainerStats, ContainerStatus, Image, LinuxResources, PodSandbox, PodSandboxStatus } from '../runtime.ts';
import type * as cri from './generated/cri.ts';

const nanosecondsPerMillisecond = 1e6;
/** On all that belongs to a pod. */
export const podUidLabel = 'io.kubernetes.pod.uid';

/** 0 stays 0; so do the times before the epoch with which Go writes "not yet". */
function toMs(nanoseconds: number): number {
  return nanoseconds <= 0 ? 0 : Math.floor(nanoseconds / nanosecondsPerMillisecond);
}

const states: Record<cri.ContainerState, ContainerState> = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_UNKNOWN: 'unknown',
};

export function podUidOf(labels: Readonly<Record<string, string>>): string {
  return labels[podUidLabel] ?? '';
}

export function toCondition(status: cri.RuntimeStatus | null, type: string): Condition {
  const found = status?.conditions.find((condition) => condition.type === type);
  return found === undefined ? { status: false, reason: 'Unknown', message: `the runtime does not report ${type}` } : { status: found.status, reason: found.reason, message: found.message };
}

export function toPodSandbox(sandbox: cri.PodSandbox | cri.PodSandboxStatus): PodSandbox {
  return {
    id: sandbox.id,
    name: sandbox.metadata?.name ?? '',
    uid: sandbox.metadata?.uid ?? '',
    namespace: sandbox.metadata?.namespace ?? '',
    attempt: sandbox.metadata?.attempt ?? 0,
    ready: sandbox.state === 'SANDBOX_READY',
    createdAtMs: toMs(sandbox.createdAt),
    labels: sandbox.labels,
    annotations: sandbox.annotations,
  };
}

export function toPodSandboxStatus(status: cri.PodSandboxStatus): PodSandboxStatus {
  const first = status.network?.ip ?? '';
  return { ...toPodSandbox(status), ips: first === '' ? [] : [first, ...(status.network?.additionalIps ?? []).map((additional) => additional.ip)] };
}

export function toContainer(container: cri.Container): Container {
  const userImage = container.image?.userSpecifiedImage ?? '';
  return {
    id: container.id,
    sandboxId: container.podSandboxId,
    name: container.metadata?.name ?? '',
    attempt: container.metadata?.attempt ?? 0,
    image: userImage === '' ? container.image?.image ?? '' : userImage,
    imageRef: container.imageRef,
    state: states[container.state] ?? 'unknown',
    createdAtMs: toMs(container.createdAt),
    labels: container.labels,
    annotations: container.annotations,
  };
}

/** CRI's status does not say which sandbox the container is in: the caller knows. */
export function toContainerStatus(status: cri.ContainerStatus, sandboxId: string): ContainerStatus {
  return {
    id: status.id,
    sandboxId,
    name: status.metadata?.name ?? '',
    attempt: status.metadata?.attempt ?? 0,
    image: status.image?.image ?? '',
    imageRef: status.imageRef,
    imageId: status.imageId === '' ? status.imageRef : status.imageId,
    state: states[status.state] ?? 'unknown',
    createdAtMs: toMs(status.createdAt),
    startedAtMs: toMs(status.startedAt),
    finishedAtMs: toMs(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    labels: status.labels,
    annotations: status.annotations,
    logPath: status.logPath,
    ...(status.resources?.linux && { resources: toResources(status.resources.linux) }),
  };
}

function toResources({ cpuPeriod, cpuQuota, cpuShares, memoryLimitInBytes, oomScoreAdj }: cri.LinuxContainerResources): LinuxResources {
  return { cpuPeriod, cpuQuota, cpuShares, memoryLimitBytes: memoryLimitInBytes, oomScoreAdj };
}

export function toImage(image: cri.Image): Image {
  return { id: image.id, repoTags: image.repoTags, repoDigests: image.repoDigests, sizeBytes: image.size, uid: image.uid?.value, username: image.username, pinned: image.pinned };
}

export function toContainerStats(stats: cri.ContainerStats, sandboxId: string): ContainerStats {
  return {
    containerId: stats.attributes?.id ?? '',
    name: stats.attributes?.metadata?.name ?? '',
    sandboxId,
    podUid: podUidOf(stats.attributes?.labels ?? {}),
    cpuUsageCoreNanoseconds: stats.cpu?.usageCoreNanoSeconds?.value ?? 0,
    memoryWorkingSetBytes: stats.memory?.workingSetBytes?.value ?? 0,
    rootfsUsedBytes: stats.writableLayer?.usedBytes?.value ?? 0,
  };
}
