import { pods } from '../../api/resources.ts';
import type { ContainerStateTerminated, Pod } from '../../api/types/core/v1.ts';
import { rule } from '../rule.ts';
import type { Evidence, Finding } from '../explanation.ts';
import { counted, eventEvidence, inNamespace } from '../wording.ts';
import type { Looked } from './containers.ts';
import { containersOf, containerText } from './containers.ts';

function endText({ exitCode, reason = '', signal }: ContainerStateTerminated): string {
  if (reason === 'OOMKilled') return 'it was killed for taking more memory than its limit';
  if (signal !== undefined && signal !== 0) return `it was ended by signal ${signal}`;
  if (exitCode === 127) return 'its command was not found (exit code 127)';
  if (exitCode === 126) return 'its command could not be run (exit code 126)';
  return `it ended with exit code ${exitCode}`;
}

function remedyOf(looked: Looked, pod: Pod, last: ContainerStateTerminated | undefined, killed: boolean): string[] {
  const logs = `See what it said: kubectl logs${inNamespace(pod.metadata.namespace ?? '')} ${pod.metadata.name} -c ${looked.container.name} --previous`;
  if (last?.reason === 'OOMKilled') return [`Raise resources.limits.memory (${looked.container.resources?.limits?.['memory'] ?? 'none, so the node ran out'}), or see why it takes so much.`, logs];
  if (killed) return ['See why the liveness probe fails, or give the container longer: initialDelaySeconds, failureThreshold, or a startup probe.', logs];
  if (last?.exitCode === 0) return ['Its work is done, and restartPolicy Always starts it again: a Job runs to its end once.', logs];
  return [logs];
}

/** A container that ends again and again, or a pod that failed for good. */
export const crashLoop = rule('crash-loop', pods, async (pod, { view }) => {
  const found: Finding[] = [];
  const probes = await view.eventsOf(pod, 'Unhealthy', 'Killing');
  for (const looked of containersOf(pod)) {
    const { state, lastState, restartCount } = looked.status;
    const ended = state?.terminated;
    const isLooping = state?.waiting?.reason === 'CrashLoopBackOff' || (ended !== undefined && ended.exitCode !== 0 && pod.spec?.restartPolicy !== 'Never');
    const hasFailed = pod.status?.phase === 'Failed' && ended !== undefined && ended.exitCode !== 0;
    if (!isLooping && !hasFailed) continue;
    const last = ended ?? lastState?.terminated;
    const killed = probes.some(({ reason, message }) => (reason === 'Unhealthy' && (message ?? '').startsWith('Liveness')) || (reason === 'Killing' && (message ?? '').includes('liveness')));
    const evidence: Evidence[] = [
      ...(last === undefined ? [] : [{ source: 'last state', text: `${last.reason ?? 'Error'}, exit code ${last.exitCode}${(last.message ?? '') === '' ? '' : `: ${last.message}`}`, ...(last.finishedAt !== undefined && { at: last.finishedAt }) }]),
      ...eventEvidence(probes.filter(({ reason }) => reason === 'Unhealthy')),
    ];
    const times = (restartCount ?? 0) > 0 ? ` (${counted(restartCount ?? 0, 'restart')})` : '';
    found.push({
      cause: 'crash-loop', fact: `${containerText(looked, pod)} ${hasFailed ? 'failed' : 'keeps ending'}: ${killed ? 'its liveness probe fails, so it is killed' : last === undefined ? 'nobody knows how' : endText(last)}${times}.`,
      evidence, remedy: remedyOf(looked, pod, last, killed),
    });
  }
  const { status } = pod;
  if (status?.phase === 'Failed' && found.length === 0) {
    const isEvicted = status.reason === 'Evicted' || status.reason === 'Preempting';
    found.push({ cause: isEvicted ? 'evicted' : 'failed', fact: `Pod ${pod.metadata.name} ${isEvicted ? 'was evicted from its node' : 'has failed'}: ${status.message ?? status.reason ?? 'nobody says why'}.`, evidence: eventEvidence(await view.eventsOf(pod, 'Evicted', 'Preempted', 'FailedScheduling')), remedy: isEvicted ? ['State requests that are true: pods that take more than they asked for go first.'] : [] });
  }
  return found;
});
