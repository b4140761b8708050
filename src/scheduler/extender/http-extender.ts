import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import { parseGoDuration } from '../../base/go-duration.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { ExtenderConfiguration } from '../config/configuration.ts';
import type { Extender, Victims } from '../framework/extender.ts';

/** How an extender is reached: POSTs JSON and gives status and text back. Rejects when there is no answer in time. */
export type ExtenderTransport = (url: string, body: string, options: { readonly timeoutMs: number }) => Promise<{ readonly code: number; readonly text: string }>;

const usualTimeoutMs = 5000;

/** A value of the answer, by its name in whatever case: Go's decoder does not mind. */
function field(answer: unknown, name: string): unknown {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const found = Object.keys(answer).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : (answer as Record<string, unknown>)[found] ?? undefined;
}

const messages = (answer: unknown, name: string): Map<string, string> => new Map(Object.entries((field(answer, name) ?? {}) as Record<string, string>));

/** The extender that a configuration file describes, speaking the scheduler extender's protocol (v1). */
export function httpExtender(configuration: ExtenderConfiguration, transport: ExtenderTransport): Extender {
  const { urlPrefix = '', filterVerb = '', prioritizeVerb = '', bindVerb = '', preemptVerb = '', nodeCacheCapable = false, weight = 0, ignorable = false } = configuration;
  const managed = new Set((configuration.managedResources ?? []).map(({ name = '' }) => name));
  const durationMs = configuration.httpTimeout === undefined ? undefined : parseGoDuration(configuration.httpTimeout);
  const timeoutMs = durationMs === undefined || durationMs <= 0 ? usualTimeoutMs : durationMs;

  const send = async (verb: string, body: unknown): Promise<unknown> => {
    const url = `${urlPrefix.replace(/\/+$/, '')}/${verb}`;
    const { code, text } = await transport(url, JSON.stringify(body), { timeoutMs });
    if (code !== 200) throw new Error(`failed ${verb} with extender at URL ${url}, code ${code}`);
    return JSON.parse(text) as unknown;
  };
  const failOnError = (answer: unknown): void => {
    const error = field(answer, 'Error');
    if (typeof error === 'string' && error !== '') throw new Error(error);
  };
  const args = (pod: Pod, nodes: readonly NodeInfo[]): unknown => ({ Pod: pod, Nodes: nodeCacheCapable ? null : { metadata: {}, items: nodes.map(({ node }) => node) }, NodeNames: nodeCacheCapable ? nodes.map(({ name }) => name) : null });

  const filter: Extender['filter'] = async (pod, nodes) => {
    const answer = await send(filterVerb, args(pod, nodes));
    failOnError(answer);
    const names = field(answer, 'NodeNames') as readonly string[] | undefined;
    const items = (field(field(answer, 'Nodes'), 'items') ?? []) as readonly Node[];
    const byName = new Map(nodes.map((node) => [node.name, node]));
    const left = (nodeCacheCapable && names !== undefined ? names : items.map(({ metadata }) => metadata.name ?? '')).map((name) => {
      const node = byName.get(name);
      if (node === undefined) throw new Error(`extender ${JSON.stringify(urlPrefix)} claims a filtered node ${JSON.stringify(name)} which is not found in the input node list`);
      return node;
    });
    return { nodes: left, failed: messages(answer, 'FailedNodes'), unresolvable: messages(answer, 'FailedAndUnresolvableNodes') };
  };
  const prioritize: Extender['prioritize'] = async (pod, nodes) => {
    const answer = (await send(prioritizeVerb, args(pod, nodes)) ?? []) as readonly unknown[];
    return new Map(answer.map((one) => [String(field(one, 'Host')), Number(field(one, 'Score') ?? 0)]));
  };
  const bind: Extender['bind'] = async (pod, nodeName) => failOnError(await send(bindVerb, { PodName: nameOf(pod), PodNamespace: namespaceOf(pod), PodUID: uidOf(pod), Node: nodeName }));
  const preempt: Extender['preempt'] = async (pod, candidates, snapshot) => {
    const told = Object.fromEntries([...candidates].map(([name, { pods, violations }]) => [name, { Pods: nodeCacheCapable ? pods.map(({ uid }) => ({ UID: uid })) : pods.map(({ pod: victim }) => victim), NumPDBViolations: violations }]));
    const answer = await send(preemptVerb, { Pod: pod, NodeNameToVictims: nodeCacheCapable ? null : told, NodeNameToMetaVictims: nodeCacheCapable ? told : null });
    return new Map(Object.entries((field(answer, 'NodeNameToMetaVictims') ?? {}) as Record<string, unknown>).map(([name, left]) => [name, victimsOf(left, name, snapshot.get(name))]));
  };
  /** The pods that an extender names by their uids: any of the node, not only those it was told. */
  const victimsOf = (left: unknown, nodeName: string, node: NodeInfo | undefined): Victims => {
    if (node === undefined) throw new Error(`nodeinfo not found for node name ${JSON.stringify(nodeName)}`);
    return {
      violations: Number(field(left, 'NumPDBViolations') ?? 0),
      pods: ((field(left, 'Pods') ?? []) as readonly unknown[]).map((one) => {
        const uid = String(field(one, 'UID'));
        const pod = node.pods.get(uid);
        if (pod === undefined) throw new Error(`extender: ${urlPrefix} claims to preempt pod (UID: ${uid}) on node: ${nodeName}, but the pod is not found on that node`);
        return pod;
      }),
    };
  };
  const uses = ({ resources }: { readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> } }): boolean => Object.keys({ ...resources?.requests, ...resources?.limits }).some((name) => managed.has(name));

  return {
    name: urlPrefix,
    ignorable,
    weight,
    isInterested: ({ spec }) => managed.size === 0 || [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].some(uses),
    ...(filterVerb !== '' && { filter }),
    ...(prioritizeVerb !== '' && { prioritize }),
    ...(bindVerb !== '' && { bind }),
    ...(preemptVerb !== '' && { preempt }),
  };
}
