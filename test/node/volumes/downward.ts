import { test } from 'node:test';
import { pods } from '../../../src/api/resources.ts';
import type { Container, DownwardAPIVolumeFile, Pod, Volume } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { expectOutput, inLoop, mountTestPod, untilSaid } from './mount-test.ts';

const field = (path: string, fieldPath: string): DownwardAPIVolumeFile => ({ path, fieldRef: { apiVersion: 'v1', fieldPath } });
const resource = (path: string, of: string): DownwardAPIVolumeFile => ({ path, resourceFieldRef: { containerName: 'client-container', resource: of } });
const resources = { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '1250m', memory: '128Mi' } };
const suffix = '[NodeConformance] [Conformance]';

/** A pod's own fields as files, by themselves and projected. */
export function downwardScenarios(cluster: () => RealCluster): void {
  for (const [title, id, volume] of [
    ['Downward API volume', 'downward', (items: DownwardAPIVolumeFile[], defaultMode?: number) => ({ downwardAPI: { items, ...(defaultMode !== undefined && { defaultMode }) } })],
    ['Projected downwardAPI', 'projected-downward', (items: DownwardAPIVolumeFile[], defaultMode?: number) => ({ projected: { sources: [{ downwardAPI: { items } }], ...(defaultMode !== undefined && { defaultMode }) } })],
  ] as const) {
    const source = (mode?: number, defaultMode?: number): Omit<Volume, 'name'> => volume([
      { ...field('podname', 'metadata.name'), ...(mode !== undefined && { mode }) }, field('labels', 'metadata.labels'), field('annotations', 'metadata.annotations'),
      resource('cpu_limit', 'limits.cpu'), resource('cpu_request', 'requests.cpu'), resource('memory_limit', 'limits.memory'), resource('memory_request', 'requests.memory'),
    ], defaultMode);
    const scenario = (what: string, name: string, { file = 'podname', ask = 'file_content', expected, from = source(), container = {} }: { file?: string; ask?: string; expected: string | RegExp; from?: Omit<Volume, 'name'>; container?: Partial<Container> }): void => {
      test(`[sig-storage] ${title} should ${what} ${suffix}`, async () => {
        await expectOutput(cluster(), mountTestPod({ name: `${id}-${name}`, source: from, path: '/etc/podinfo', ask: [[ask, `/etc/podinfo/${file}`]], container }), [expected]);
      });
    };
    const content = (file: string, text: string): string => `content of file "/etc/podinfo/${file}": ${text}\n`;
    const fileMode = 'mode of file "/etc/podinfo/podname": -r--------';
    scenario('provide podname only', 'name', { expected: content('podname', `${id}-name`) });
    scenario('set DefaultMode on files [LinuxOnly]', 'mode', { ask: 'file_mode', expected: fileMode, from: source(undefined, 0o400) });
    scenario('set mode on item file [LinuxOnly]', 'item-mode', { ask: 'file_mode', expected: fileMode, from: source(0o400) });
    scenario("provide container's cpu limit", 'cpu-limit', { file: 'cpu_limit', expected: content('cpu_limit', '2'), container: { resources } });
    scenario("provide container's cpu request", 'cpu-request', { file: 'cpu_request', expected: content('cpu_request', '1'), container: { resources } });
    scenario("provide container's memory limit", 'memory-limit', { file: 'memory_limit', expected: content('memory_limit', '134217728'), container: { resources } });
    scenario("provide container's memory request", 'memory-request', { file: 'memory_request', expected: content('memory_request', '33554432'), container: { resources } });
    scenario('provide node allocatable (cpu) as default cpu limit if the limit is not set', 'cpu-default', { file: 'cpu_limit', expected: /podinfo\/cpu_limit": [1-9]/ });
    scenario('provide node allocatable (memory) as default memory limit if the limit is not set', 'memory-default', { file: 'memory_limit', expected: /podinfo\/memory_limit": [1-9]/ });

    const follows = (what: 'labels' | 'annotations', metadata: Pod['metadata'], before: string, change: unknown, after: string): void => {
      test(`[sig-storage] ${title} should update ${what} on modification ${suffix}`, async () => {
        const name = `${id}-${what}`;
        await cluster().client.create(pods, mountTestPod({ name, source: source(), path: '/etc/podinfo', ask: inLoop(`/etc/podinfo/${what}`), metadata }));
        await untilSaid(cluster(), name, 'client-container', before);
        await cluster().client.patch(pods, { namespace: 'default', name }, { type: 'merge', value: { metadata: change } });
        await untilSaid(cluster(), name, 'client-container', after);
        await cluster().client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds: 0 });
      });
    };
    follows('labels', { labels: { key1: 'value1', key2: 'value2' } }, 'key1="value1"\n', { labels: { key3: 'value3' } }, 'key3="value3"\n');
    follows('annotations', { annotations: { builder: 'bar' } }, 'builder="bar"\n', { annotations: { builder: 'foo' } }, 'builder="foo"\n');
  }
}
