import { pods } from '../../api/resources.ts';
import { rule } from '../rule.ts';
import { eventEvidence } from '../wording.ts';
import { containersOf, containerText, obstacles } from './containers.ts';

/** What a container that is being made waits for, as kubelets say it while nothing is wrong. */
const steps: Readonly<Record<string, string>> = { ContainerCreating: 'is being made: its volumes, its sandbox, its image', PodInitializing: 'waits for the init containers' };

/** A pod that is on its way: nothing stands in it, it takes its time. */
export const starting = rule('starting', pods, async (pod, { view }) => {
  const { status, spec, metadata } = pod;
  if ((status?.phase ?? 'Pending') !== 'Pending' || (spec?.nodeName ?? '') === '' || metadata.deletionTimestamp !== undefined) return [];
  const evidence = eventEvidence(await view.eventsOf(pod));
  const waiting = containersOf(pod).filter((looked) => steps[looked.status.state?.waiting?.reason ?? ''] !== undefined);
  if (waiting.length === 0) return containersOf(pod).length > 0 ? [] : [{ cause: 'starting', fact: `Pod ${metadata.name} was given to node ${spec?.nodeName}, whose kubelet has not said anything of it yet.`, evidence, about: { kind: 'Node', namespace: '', name: spec?.nodeName ?? '' } }];
  // Another rule's.
  if ((await view.eventsOf(pod, ...Object.keys(obstacles))).length > 0) return [];
  const first = waiting[0]!;
  return [{ cause: 'starting', fact: `Pod ${metadata.name} is starting: ${containerText(first, pod).replace(/ of pod .*/, '').replace(/^./, (letter) => letter.toLowerCase())} ${steps[first.status.state!.waiting!.reason!]}.`, evidence }];
});
