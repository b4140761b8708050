import assert from 'node:assert/strict';
import { canonicalQuantity } from '../../src/api/meta/quantity.ts';
import { pods } from '../../src/api/resources.ts';
import type { Container, Pod, ResourceRequirements } from '../../src/api/types/core/v1.ts';
import type { Client } from '../../src/client/client.ts';

/** `[cpu request, cpu limit, memory request, memory limit]`; empty: none. */
type Amounts = readonly [string, string, string, string];

export interface ResizeCase { readonly title: string; readonly name: string; readonly before: readonly Amounts[]; readonly after: readonly Amounts[]; readonly back: boolean }

/** What a cluster must do for these scenarios: simulated or real. */
export interface ResizeRig {
  readonly client: Client;
  running(pod: Pod): Promise<Pod>;
  untilPod(name: string, holds: (pod: Pod) => boolean): Promise<Pod>;
  /** Compares what the container's cgroup has with its spec; for rigs that have cgroups. */
  verify?(pod: Pod, container: Container): Promise<void>;
}

const guaranteed = (amounts: readonly (readonly [number, number])[]): Amounts[] => amounts.map(([cpu, memory]) => [`${cpu}m`, `${cpu}m`, `${memory}Mi`, `${memory}Mi`]);
const three = guaranteed([[20, 35], [22, 37], [24, 39]]);
const suffix = '[MinimumKubeletVersion:1.34] [Conformance]';
const prefix = '[sig-node] Pod InPlace Resize Container';

export const resizeCases: readonly ResizeCase[] = [
  { title: `${prefix} guaranteed pods with multiple containers 3 containers - increase cpu & mem on c1, c2, decrease cpu & mem on c3 - net increase ${suffix}`, name: 'resize-increase', before: three, after: guaranteed([[25, 40], [27, 42], [19, 34]]), back: true },
  { title: `${prefix} guaranteed pods with multiple containers 3 containers - increase cpu & mem on c1, decrease cpu & mem on c2, c3 - net decrease ${suffix}`, name: 'resize-decrease', before: three, after: guaranteed([[25, 40], [17, 32], [19, 34]]), back: true },
  { title: `${prefix} guaranteed pods with multiple containers 3 containers - increase: CPU (c1,c3), memory (c2, c3) ; decrease: CPU (c2) ${suffix}`, name: 'resize-mixed', before: three, after: guaranteed([[25, 35], [17, 42], [29, 44]]), back: true },
  {
    title: `${prefix} burstable pods - extended 6 containers - various operations performed (including adding limits and requests) ${suffix}`, name: 'resize-various',
    before: [['20m', '', '', ''], ['', '', '35Mi', ''], ['20m', '', '35Mi', ''], ['20m', '', '', ''], ['', '', '35Mi', '']],
    after: [['25m', '35m', '', ''], ['', '', '30Mi', '50Mi'], ['20m', '', '30Mi', ''], ['15m', '', '35Mi', ''], ['20m', '', '40Mi', '']],
    back: false,
  },
  { title: `${prefix} burstable pods - extended resize with equivalents ${suffix}`, name: 'resize-equivalents', before: [['2m', '10m', '', '']], after: [['1m', '5m', '', '']], back: true },
];

export const replaceTitle = `${prefix} resize pod via the replace endpoint ${suffix}`;

function requirements([cpuRequest, cpuLimit, memoryRequest, memoryLimit]: Amounts): ResourceRequirements {
  const list = (cpu: string, memory: string): Record<string, string> => ({ ...(cpu !== '' && { cpu }), ...(memory !== '' && { memory }) });
  const [requests, limits] = [list(cpuRequest, memoryRequest), list(cpuLimit, memoryLimit)];
  return { ...(Object.keys(requests).length > 0 && { requests }), ...(Object.keys(limits).length > 0 && { limits }) };
}

const containersOf = (amounts: readonly Amounts[], image: string): Container[] => amounts.map((one, index) => ({ name: `c${index + 1}`, image, command: ['sleep', '1000'], resources: requirements(one) }));
const isSettled = (generation: number) => ({ metadata, status }: Pod): boolean => metadata.generation === generation && status?.observedGeneration === generation
  && status.conditions?.some(({ type }) => type.startsWith('PodResize')) === false && status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
const canonical = (list: Readonly<Record<string, string>> = {}): Record<string, string> => Object.fromEntries(Object.entries(list).map(([key, text]) => [key, canonicalQuantity(text)]));

async function verify(rig: ResizeRig, pod: Pod, amounts: readonly Amounts[]): Promise<void> {
  for (const [index, one] of amounts.entries()) {
    const { requests, limits } = requirements(one);
    const container = pod.spec!.containers[index]!;
    const status = pod.status?.containerStatuses?.[index];
    for (const resources of [container.resources, status?.resources]) assert.deepEqual([canonical(resources?.requests), canonical(resources?.limits)], [canonical(requests), canonical(limits)], container.name);
    assert.deepEqual(canonical(status?.allocatedResources), canonical(requests));
    assert.equal(status?.restartCount, 0);
    await rig.verify?.(pod, container);
  }
}

/** Creates the pod, resizes it and, where the case says so, back again. */
export async function runResize(rig: ResizeRig, { name, before, after, back }: ResizeCase, image: string): Promise<void> {
  const created = await rig.running({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec: { terminationGracePeriodSeconds: 1, containers: containersOf(before, image) } });
  await verify(rig, created, before);
  let generation = 1;
  for (const amounts of back ? [after, before] : [after]) {
    const containers = amounts.map((one, index) => ({ name: `c${index + 1}`, resources: requirements(one) }));
    await rig.client.patch(pods, { namespace: 'default', name }, { type: 'strategic', value: { spec: { containers } } }, { subresource: 'resize' });
    generation++;
    await verify(rig, await rig.untilPod(name, isSettled(generation)), amounts);
  }
}

/** The same with PUT, and what the subresource then shows. */
export async function runReplace(rig: ResizeRig, image: string): Promise<void> {
  const name = 'resize-replace';
  const [before, after]: readonly Amounts[][] = [[['20m', '', '35Mi', '']], [['25m', '', '40Mi', '']]];
  const created = await rig.running({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec: { terminationGracePeriodSeconds: 1, containers: containersOf(before!, image) } });
  assert.equal(created.metadata.generation, 1);
  const wanted = structuredClone(await rig.client.get(pods, { namespace: 'default', name }));
  wanted.spec!.containers[0]!.resources = requirements(after![0]!);
  const updated = await rig.client.update(pods, wanted, { subresource: 'resize' });
  assert.equal(updated.metadata.generation, 2);
  await verify(rig, await rig.untilPod(name, isSettled(2)), after!);
  const [shown, read] = [await rig.client.getSubresource<Pod>(pods, { namespace: 'default', name }, 'resize'), await rig.client.get(pods, { namespace: 'default', name })];
  assert.deepEqual([shown.spec, shown.status], [read.spec, read.status]);
}
