import { parseTime, humanDuration } from '../../meta/time.ts';
import type { ContainerStatus, Pod } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Column } from '../definition.ts';

const nodeUnreachableReason = 'NodeLost';

interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly restarts: number;
  readonly lastRestartMs: number | undefined;
  readonly reason: string;
}

function finishedMs(status: ContainerStatus): number | undefined {
  const at = status.lastState?.terminated?.finishedAt;
  return at === undefined || at === null ? undefined : parseTime(at);
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b);
}

/** What `kubectl get pods` says of a pod, by upstream's rules (printPod). */
function summarize(pod: Pod): Summary {
  const { spec, status, metadata } = pod;
  const sidecarNames = new Set((spec?.initContainers ?? []).filter((one) => one.restartPolicy === 'Always').map((one) => one.name));
  let total = (spec?.containers.length ?? 0) + sidecarNames.size;
  let ready = 0;
  let restarts = 0;
  let sidecarRestarts = 0;
  let lastRestartMs: number | undefined;
  let lastSidecarRestartMs: number | undefined;
  let reason = status?.reason !== undefined && status.reason !== '' ? status.reason : (status?.phase ?? '');
  if (status?.conditions?.some((one) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated') === true) reason = 'SchedulingGated';

  let initializing = false;
  const initStatuses = status?.initContainerStatuses ?? [];
  for (const [index, one] of initStatuses.entries()) {
    const sidecar = sidecarNames.has(one.name);
    restarts += one.restartCount;
    lastRestartMs = latest(lastRestartMs, finishedMs(one));
    if (sidecar) {
      sidecarRestarts += one.restartCount;
      lastSidecarRestartMs = latest(lastSidecarRestartMs, finishedMs(one));
    }
    const { terminated, waiting } = one.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && one.started === true) {
      if (one.ready) ready++;
      continue;
    }
    if (terminated !== undefined) {
      if (terminated.reason !== undefined && terminated.reason !== '') reason = `Init:${terminated.reason}`;
      else reason = (terminated.signal ?? 0) !== 0 ? `Init:Signal:${terminated.signal}` : `Init:ExitCode:${terminated.exitCode}`;
    } else if (waiting?.reason !== undefined && waiting.reason !== '' && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`;
    else reason = `Init:${index}/${spec?.initContainers?.length ?? 0}`;
    initializing = true;
    break;
  }

  const initialized = status?.conditions?.some((one) => one.type === 'Initialized' && one.status === 'True') === true;
  if (!initializing || initialized) {
    restarts = sidecarRestarts;
    lastRestartMs = lastSidecarRestartMs;
    let hasRunning = false;
    let erroneous: string | undefined;
    for (const one of [...(status?.containerStatuses ?? [])].reverse()) {
      restarts += one.restartCount;
      lastRestartMs = latest(lastRestartMs, finishedMs(one));
      const { running, terminated, waiting } = one.state ?? {};
      if (waiting?.reason !== undefined && waiting.reason !== '') reason = waiting.reason;
      else if (terminated !== undefined) {
        if (terminated.reason !== undefined && terminated.reason !== '') reason = terminated.reason;
        else reason = (terminated.signal ?? 0) !== 0 ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
        if (terminated.exitCode !== 0) erroneous = reason;
      } else if (one.ready && running !== undefined) {
        hasRunning = true;
        ready++;
      }
    }
    // A pod whose containers have partly completed still runs; it is ready if its condition says so.
    if (reason === 'Completed') {
      if (hasRunning && status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true) reason = 'Running';
      else if (erroneous !== undefined) reason = erroneous;
      else if (hasRunning) reason = 'NotReady';
    }
  }

  if (metadata.deletionTimestamp !== undefined) {
    if (status?.reason === nodeUnreachableReason) reason = 'Unknown';
    else if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') reason = 'Terminating';
  }
  total = Math.max(total, 0);
  return { ready, total, restarts, lastRestartMs, reason };
}

const orNone = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text);

function readinessGates({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter((gate) => status?.conditions?.some((one) => one.type === gate.conditionType && one.status === 'True') === true);
  return `${met.length}/${gates.length}`;
}

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  column('Ready', (pod) => {
    const { ready, total } = summarize(pod);
    return `${ready}/${total}`;
  }),
  column('Status', (pod) => summarize(pod).reason),
  column('Restarts', (pod, { nowMs }) => {
    const { restarts, lastRestartMs } = summarize(pod);
    return restarts !== 0 && lastRestartMs !== undefined ? `${restarts} (${humanDuration(nowMs - lastRestartMs)} ago)` : String(restarts);
  }),
  ageColumn,
  column('IP', ({ status }) => orNone(status?.podIPs?.[0]?.ip ?? status?.podIP), { wide: true }),
  column('Node', ({ spec }) => orNone(spec?.nodeName), { wide: true }),
  column('Nominated Node', ({ status }) => orNone(status?.nominatedNodeName), { wide: true }),
  column('Readiness Gates', readinessGates, { wide: true }),
];
