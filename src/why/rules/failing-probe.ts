import { pods } from '../../api/resources.ts';
import type { Probe } from '../../api/types/core/v1.ts';
import { rule } from '../rule.ts';
import { conditionEvidence, eventEvidence } from '../wording.ts';
import { findCondition, isConditionTrue } from '../../api/meta/conditions.ts';
import { containersOf, containerText } from './containers.ts';

function probeText({ httpGet, tcpSocket, exec, grpc }: Probe): string {
  if (httpGet !== undefined) return `GET ${httpGet.path ?? '/'} on port ${httpGet.port}`;
  if (tcpSocket !== undefined) return `a connection to port ${tcpSocket.port}`;
  if (grpc !== undefined) return `gRPC health on port ${grpc.port}`;
  return exec === undefined ? 'nothing' : `\`${(exec.command ?? []).join(' ')}\``;
}

/** A container that runs and is not ready, or not started yet. */
export const failingProbe = rule('failing-probe', pods, async (pod, { view }) => {
  if (pod.status?.phase !== 'Running' || pod.metadata.deletionTimestamp !== undefined || isConditionTrue(pod.status.conditions, 'Ready')) return [];
  const events = await view.eventsOf(pod, 'Unhealthy');
  const found = containersOf(pod).flatMap((looked) => {
    const { container, status } = looked;
    if (status.state?.running === undefined || status.ready === true) return [];
    const kind = status.started === false && container.startupProbe !== undefined ? 'startup' : 'readiness';
    const probe = kind === 'startup' ? container.startupProbe : container.readinessProbe;
    if (probe === undefined) return [];
    const mine = events.filter(({ message, involvedObject }) => (message ?? '').toLowerCase().startsWith(kind) && (involvedObject.fieldPath ?? '').includes(`{${container.name}}`));
    return [{
      cause: 'failing-probe', fact: `${containerText(looked, pod)} runs and is not ready: its ${kind} probe (${probeText(probe)}) ${mine.length === 0 ? 'has not succeeded yet' : 'fails'}.`,
      evidence: [...conditionEvidence(findCondition(pod.status?.conditions, 'Ready')), ...eventEvidence(mine)],
      remedy: [`See that the container answers ${probeText(probe)} within ${probe.timeoutSeconds ?? 1} s, or correct the probe.`],
    }];
  });
  const gates = (pod.spec?.readinessGates ?? []).filter(({ conditionType }) => !isConditionTrue(pod.status?.conditions, conditionType));
  return [...found, ...gates.map(({ conditionType }) => ({ cause: 'readiness-gate', fact: `Pod ${pod.metadata.name} is not ready: its readiness gate ${conditionType} is not True.`, evidence: conditionEvidence(findCondition(pod.status?.conditions, conditionType)), remedy: ['Whoever the gate belongs to sets that condition of the pod.'] }))];
});
