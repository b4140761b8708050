import { findCondition } from '../../api/meta/conditions.ts';
import { nodes, pods } from '../../api/resources.ts';
import type { Node } from '../../api/types/core/v1.ts';
import type { Finding } from '../explanation.ts';
import { rule } from '../rule.ts';
import { conditionEvidence, nameObject } from '../wording.ts';
import { refusalFinding } from './refused.ts';

const pressures: Readonly<Record<string, string>> = { MemoryPressure: 'memory is short', DiskPressure: 'its disk is nearly full', PIDPressure: 'it runs out of process numbers', NetworkUnavailable: 'its network is not set up' };

/** A node that is not ready, is short of something, or is being drained. */
export const nodeNotReady = rule('node', nodes, async (node, { view }): Promise<Finding[]> => {
  const name = node.metadata.name ?? '';
  const ready = findCondition(node.status?.conditions, 'Ready');
  const found: Finding[] = [];
  if (ready?.status === 'Unknown') found.push({ cause: 'node-unknown', fact: `Node ${name} is not heard of: its kubelet has stopped posting its status.`, evidence: conditionEvidence(ready), remedy: ['See that the machine runs, is reached over the network, and that its kubelet is up. Pods that do not tolerate it are moved after five minutes.'] });
  else if (ready?.status !== 'True') found.push({ cause: 'node-not-ready', fact: `Node ${name} is not ready: ${ready?.message ?? 'its kubelet has not said anything yet'}.`, evidence: conditionEvidence(ready), remedy: ['The message comes from its kubelet: see its log on the machine.'] });
  for (const [type, text] of Object.entries(pressures)) {
    const condition = findCondition(node.status?.conditions, type);
    if (condition?.status === 'True') found.push({ cause: 'node-pressure', fact: `On node ${name} ${text}.`, evidence: conditionEvidence(condition), remedy: type === 'NetworkUnavailable' ? ['See that the network plug-in runs.'] : ['Make room, or let pods go elsewhere: the kubelet evicts those that take more than they asked for.'] });
  }
  if (node.spec?.unschedulable === true) found.push(await cordoned(node));
  return found;

  async function cordoned({ metadata }: Node): Promise<Finding> {
    const left = (await view.list(pods, '', { fieldSelector: `spec.nodeName=${name}` }));
    const because = left.flatMap((pod) => view.refusalsOf(pods, pod).filter(({ subresource }) => subresource === 'eviction').slice(0, 1).map((record): Finding => ({ about: nameObject('Pod', pod), ...refusalFinding(record) })));
    return { cause: 'cordoned', fact: `Node ${metadata.name} takes no new pods: it is cordoned${because.length === 0 ? '' : `, and ${because.length} of its pods could not be evicted`}.`, because, remedy: [`When it may work again: kubectl uncordon ${metadata.name}`] };
  }
});
