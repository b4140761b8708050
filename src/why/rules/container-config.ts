import { pods } from '../../api/resources.ts';
import { rule } from '../rule.ts';
import type { Finding } from '../explanation.ts';
import { eventEvidence, fieldEvidence } from '../wording.ts';
import { containersOf, containerText, obstacles } from './containers.ts';

/** What a container needs and does not get: config maps, secrets, keys of them, volumes. */
export const containerConfig = rule('container-config', pods, async (pod, { view }) => {
  const found: Finding[] = containersOf(pod).flatMap((looked) => {
    const { reason = '', message = '' } = looked.status.state?.waiting ?? {};
    if (reason !== 'CreateContainerConfigError' && reason !== 'CreateContainerError' && reason !== 'RunContainerError') return [];
    return [{
      cause: 'container-config', fact: `${containerText(looked, pod)} cannot be made: ${message}.`, evidence: [fieldEvidence('status.containerStatuses', reason)],
      remedy: [/not found/.test(message) ? 'Create what is missing, or mark the reference as optional.' : 'Correct what the container asks for.'],
    }];
  });
  if (pod.status?.phase === 'Pending' && (pod.spec?.nodeName ?? '') !== '') {
    const told = await view.eventsOf(pod, ...Object.keys(obstacles));
    const latest = told[0];
    const waits = containersOf(pod).length === 0 || containersOf(pod).some(({ status }) => ['ContainerCreating', 'PodInitializing'].includes(status.state?.waiting?.reason ?? ''));
    if (latest !== undefined && waits) found.push({ cause: 'mount', fact: `Pod ${pod.metadata.name} waits for ${obstacles[latest.reason ?? '']}.`, evidence: eventEvidence(told), remedy: [/not found/.test(latest.message ?? '') ? 'Create what is missing.' : 'The event says what went wrong; it is tried again.'] });
  }
  return found;
});
