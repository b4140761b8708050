import type { Bench } from '../bench.ts';
import type { CallOptions } from '../load/call.ts';
import { call, callJson } from '../load/call.ts';
import { configMapsPath } from '../load/objects.ts';
import { waitsDuring } from '../load/waits.ts';
import { startProgram, token } from '../program.ts';
import type { Figure } from '../table.ts';

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const members = (count: number): object => Object.fromEntries(many(count, (i) => [`key-${i}`, `value ${i}`]));
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const podsPath = '/api/v1/namespaces/default/pods?dryRun=All';
const template = (env: readonly object[]): object => ({ metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i', env }] } });
const podOf = (spec: object): object => ({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
const apply = 'application/apply-patch+yaml';

/** Bodies of 1 to 3 MB that are dear for their size, of the kinds that any user may send. */
const bodies: readonly (readonly [what: string, method: string, path: string, options: CallOptions])[] = [
  ['YAML, a list of 700,000', 'POST', `${configMapsPath}?dryRun=All`, { contentType: 'application/yaml', text: `data:\n${'- b\n'.repeat(700_000)}` }],
  ['labels, 40,000', 'POST', `${configMapsPath}?dryRun=All`, { body: { metadata: { name: 'labels', labels: Object.fromEntries(many(40_000, (i) => [`key-${i}`, 'v'])) } } }],
  ['40,000 members applied', 'PATCH', `${configMapsPath}/applied?fieldManager=bench`, { contentType: apply, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, data: members(40_000) } }],
  ['30,000 variables merged with as many', 'PATCH', `${deployments}/merged?dryRun=All`, { contentType: 'application/strategic-merge-patch+json', body: { spec: { template: template(many(30_000, (i) => ({ name: `F${i}`, value: 'w' }))) } } }],
  ['40,000 variables', 'POST', podsPath, { body: podOf({ containers: [{ name: 'c', image: 'i', env: many(40_000, (i) => ({ name: `E${i}`, value: 'v' })) }] }) }],
  ['20,000 containers that are all wrong', 'POST', podsPath, { body: podOf({ containers: many(20_000, (i) => ({ name: `C_${i}`, image: '' })) }) }],
  ['15,000 volumes, mounted', 'POST', podsPath, { body: podOf({ volumes: many(15_000, (i) => ({ name: `v${i}`, emptyDir: {} })), containers: [{ name: 'c', image: 'i', volumeMounts: many(15_000, (i) => ({ name: `v${i}`, mountPath: `/m${i}` })) }] }) }],
  ['10,000 spread constraints', 'POST', podsPath, { body: podOf({ topologySpreadConstraints: many(10_000, (i) => ({ maxSkew: 1, topologyKey: `k${i}`, whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} })) }) }],
  ['a JSON patch of 10,000', 'PATCH', `${configMapsPath}/applied?dryRun=All`, { contentType: 'application/json-patch+json', body: many(10_000, () => ({ op: 'add', path: '/metadata/annotations', value: { a: 'b' } })) }],
];

/** What somebody else waits while the API server reads the dearest bodies, one after the other. */
export async function dearBodies(bench: Bench): Promise<Figure[]> {
  await using server = await startProgram(bench, { command: 'apiserver' });
  const { url } = server;
  await callJson(url, token, 'POST', deployments, { body: { metadata: { name: 'merged' }, spec: { selector: { matchLabels: { a: 'b' } }, template: template(many(30_000, (i) => ({ name: `E${i}`, value: 'v' }))) } } });
  let longest = 0;
  let dearest = '';
  for (const [what, method, path, options] of bodies) {
    const startedMs = bench.clock.monotonicMs();
    const waits = await waitsDuring(bench.clock, url, token, call(url, token, method, path, options));
    const waitMs = waits.at(-1) ?? 0;
    console.error(`  ${what}: ${(bench.clock.monotonicMs() - startedMs).toFixed(0)} ms, others wait ${waitMs.toFixed(0)} ms`);
    if (waitMs > longest) [longest, dearest] = [waitMs, what];
  }
  return [{ name: 'longest wait of somebody else, dear bodies of 3 MB', value: longest, note: `${dearest}; ${bodies.length} kinds of them` }];
}
