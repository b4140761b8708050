import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronjobs, deployments, namespaces, pods } from '../../../api/resources.ts';
import { ApiError } from '../../../api/status.ts';
import type { Namespace, Pod, PodSpec } from '../../../api/types/core/v1.ts';
import { VirtualClock } from '../../../base/virtual-clock.ts';
import type { AuditEvent, AuditSink } from '../../audit/audit.ts';
import { parseAuditPolicy } from '../../audit/policy.ts';
import { FakeReader } from '../../authorization/fake-reader.ts';
import { TestServer } from '../../testing/server.ts';
import type { AdmissionAttributes } from '../admission.ts';
import { admitted, attributesFor } from '../attributes.ts';
import { createAdmission } from '../registry.ts';
import { podSecuritySettings } from './configuration.ts';
import { podSecurity } from './pod-security.ts';

type Labels = Record<string, string>;

/** `{ enforce: 'baseline' }` as a namespace's labels. */
const labelled = (labels: Labels): Labels => Object.fromEntries(Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]));
const namespaceOf = (name: string, labels: Labels): Namespace => ({ metadata: { name, labels: labelled(labels) } });

function world(configuration?: object) {
  const reader = new FakeReader();
  const settings = podSecuritySettings(configuration === undefined ? undefined : { source: 'test', value: { apiVersion: 'pod-security.admission.config.k8s.io/v1', kind: 'PodSecurityConfiguration', ...configuration } });
  return { reader, plugin: podSecurity({ reader, clock: new VirtualClock(), settings }) };
}

const podOf = (spec: Partial<PodSpec> = {}, namespace = 'ns'): Pod => ({ metadata: { name: 'p', namespace }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
const hostPid = 'host namespaces (hostPID=true)';

/** What happens to a request: refusal or 'ok', then the warnings, then what is audited. */
async function outcome(plugin: ReturnType<typeof podSecurity>, attributes: AdmissionAttributes): Promise<{ answer: string; warnings: string[]; audit: Labels }> {
  const warnings: string[] = [];
  const audit: Labels = {};
  const answer = await admitted(plugin, { ...attributes, warn: (message) => warnings.push(message), annotate: (key, value) => { audit[key.replace('pod-security.kubernetes.io/', '')] = value; } });
  return { answer, warnings, audit };
}

test('a namespace\'s labels decide what is enforced, audited and warned of', async () => {
  const cases: readonly [Labels, Partial<PodSpec>, string, string[], Labels][] = [
    [{}, { hostPID: true }, 'ok', [], { 'enforce-policy': 'privileged:latest' }],
    [{ enforce: 'baseline' }, {}, 'ok', [], { 'enforce-policy': 'baseline:latest' }],
    [{ enforce: 'baseline' }, { hostPID: true }, `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${hostPid}`, [], { 'enforce-policy': 'baseline:latest' }],
    [{ enforce: 'baseline', 'enforce-version': 'v1.20' }, { hostPID: true }, `pods "p" is forbidden: violates PodSecurity "baseline:v1.20": ${hostPid}`, [], { 'enforce-policy': 'baseline:v1.20' }],
    [{ warn: 'baseline' }, { hostPID: true }, 'ok', [`would violate PodSecurity "baseline:latest": ${hostPid}`], { 'enforce-policy': 'privileged:latest' }],
    [{ audit: 'baseline', 'audit-version': 'v1.30' }, { hostPID: true }, 'ok', [], { 'enforce-policy': 'privileged:latest', 'audit-violations': `would violate PodSecurity "baseline:v1.30": ${hostPid}` }],
    // A level that cannot be read is enforced at its strictest.
    [{ enforce: 'basline' }, {}, 'pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")', [],
      { error: 'Failed to parse policy: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "basline": must be one of privileged, baseline, restricted', 'enforce-policy': 'restricted:latest' }],
  ];
  for (const [labels, spec, answer, warnings, audit] of cases) {
    const { reader, plugin } = world();
    reader.put(namespaces, namespaceOf('ns', labels));
    assert.deepEqual(await outcome(plugin, attributesFor(pods, { object: podOf(spec) })), { answer, warnings, audit });
  }
});

test('whatever makes pods is warned of and never refused', async () => {
  const { reader, plugin } = world();
  reader.put(namespaces, namespaceOf('ns', { enforce: 'baseline', audit: 'baseline' }), namespaceOf('free', {}));
  const template = { spec: { containers: [{ name: 'c' }], hostPID: true } };
  const deployment = { metadata: { name: 'd', namespace: 'ns' }, spec: { selector: {}, template } };
  const text = `would violate PodSecurity "baseline:latest": ${hostPid}`;
  const expected = { answer: 'ok', warnings: [text], audit: { 'audit-violations': text } };
  assert.deepEqual(await outcome(plugin, attributesFor(deployments, { object: deployment })), expected);
  assert.deepEqual(await outcome(plugin, attributesFor(deployments, { object: deployment, old: deployment })), expected);
  assert.deepEqual(await outcome(plugin, attributesFor(deployments, { object: deployment, old: deployment, subresource: 'status' })), { answer: 'ok', warnings: [], audit: {} });
  const cronJob = { metadata: { name: 'j', namespace: 'ns' }, spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } } };
  assert.deepEqual(await outcome(plugin, attributesFor(cronjobs, { object: cronJob })), expected);
  assert.deepEqual(await outcome(plugin, attributesFor(deployments, { object: { ...deployment, metadata: { name: 'd', namespace: 'free' } } })), { answer: 'ok', warnings: [], audit: {} });
});

test('of updates those count that bring images or containers', async () => {
  const { reader, plugin } = world();
  reader.put(namespaces, namespaceOf('ns', { enforce: 'baseline' }));
  const old = podOf({ hostPID: true });
  const attempt = async (object: Pod, subresource = ''): Promise<string> => (await outcome(plugin, attributesFor(pods, { object, old, subresource }))).answer;
  const refused = `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${hostPid}`;
  assert.equal(await attempt({ ...old, metadata: { ...old.metadata, labels: { a: 'b' } } }), 'ok');
  assert.equal(await attempt(podOf({ hostPID: true, containers: [{ name: 'c', image: 'other' }] })), refused);
  assert.equal(await attempt(podOf({ hostPID: true, ephemeralContainers: [{ name: 'e', image: 'i' }] }), 'ephemeralcontainers'), refused);
  assert.equal(await attempt(podOf({ hostPID: true, containers: [{ name: 'c', image: 'other' }] }), 'status'), 'ok');
});

test('a configuration says what holds by default and who is exempt', async () => {
  const { reader, plugin } = world({ defaults: { enforce: 'baseline', 'enforce-version': 'v1.30' }, exemptions: { usernames: ['boss'], namespaces: ['kube-system'], runtimeClasses: ['vm'] } });
  for (const name of ['ns', 'kube-system']) reader.put(namespaces, namespaceOf(name, {}));
  const spec = { hostPID: true };
  const refused = `pods "p" is forbidden: violates PodSecurity "baseline:v1.30": ${hostPid}`;
  assert.equal((await outcome(plugin, attributesFor(pods, { object: podOf(spec) }))).answer, refused);
  const exempt = async (reason: string, attributes: AdmissionAttributes): Promise<void> => assert.deepEqual(await outcome(plugin, attributes), { answer: 'ok', warnings: [], audit: { exempt: reason } });
  await exempt('user', attributesFor(pods, { object: podOf(spec), user: { name: 'boss', groups: [] } }));
  await exempt('namespace', attributesFor(pods, { object: podOf(spec, 'kube-system') }));
  await exempt('runtimeClass', attributesFor(pods, { object: podOf({ ...spec, runtimeClassName: 'vm' }) }));
});

test('configurations that make no sense are refused with upstream\'s words', () => {
  const cases: readonly [object, string][] = [
    [{ defaults: { enforce: 'high' } }, 'test: defaults.enforce: Invalid value: "high": must be one of privileged, baseline, restricted'],
    [{ defaults: { 'warn-version': '1.30' } }, 'test: defaults.warn-version: Invalid value: "1.30": must be "latest" or "v1.x"'],
    [{ exemptions: { namespaces: ['a', 'a'], usernames: [''] } }, 'test: [exemptions.namespaces[1]: Duplicate value: "a", exemptions.usernames[0]: Invalid value: "": username must not be empty]'],
    [{ exemptions: { groups: ['a'] } }, 'test: strict decoding error: unknown field "exemptions.groups"'],
    [{ kind: 'Other' }, 'test: wants pod-security.admission.config.k8s.io/v1 PodSecurityConfiguration, not pod-security.admission.config.k8s.io/v1 Other'],
  ];
  for (const [configuration, message] of cases) assert.throws(() => world(configuration), { message });
});

test('a namespace\'s labels must say something; a stricter policy warns of the pods that are there', async () => {
  const { reader, plugin } = world();
  const attempt = (labels: Labels, old?: Labels): Promise<{ answer: string; warnings: string[]; audit: Labels }> =>
    outcome(plugin, attributesFor(namespaces, { object: namespaceOf('ns', labels), ...(old !== undefined && { old: namespaceOf('ns', old) }) }));
  const bad = 'Namespace "ns" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "x": must be one of privileged, baseline, restricted';
  assert.equal((await attempt({ enforce: 'x' })).answer, bad);
  assert.equal((await attempt({ enforce: 'x' }, {})).answer, bad);
  assert.equal((await attempt({ enforce: 'x' }, { enforce: 'x' })).answer, 'ok');
  await assert.rejects(async () => plugin.validate!(attributesFor(namespaces, { object: namespaceOf('ns', { enforce: 'x' }) })), (error: unknown) => error instanceof ApiError && error.code === 422 && error.details?.causes?.[0]?.field === 'metadata.labels[pod-security.kubernetes.io/enforce]');

  const replica = (name: string): Pod => ({ metadata: { name, namespace: 'ns', ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'u', controller: true }] }, spec: { containers: [{ name: 'c' }], hostPID: true } });
  reader.put(pods, replica('z'), replica('y'), replica('x'), { ...podOf({ containers: [{ name: 'c', securityContext: { privileged: true } }] }), metadata: { name: 'a', namespace: 'ns' } }, { ...podOf(), metadata: { name: 'good', namespace: 'ns' } });
  const baseline = { answer: 'ok', audit: {}, warnings: ['existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"', 'a: privileged', 'x (and 2 other pods): host namespaces'] };
  assert.deepEqual(await attempt({ enforce: 'baseline' }, {}), baseline);
  assert.deepEqual(await attempt({ enforce: 'baseline' }, { enforce: 'baseline' }), { ...baseline, warnings: [] });
  assert.deepEqual(await attempt({ enforce: 'baseline' }, { enforce: 'restricted' }), { ...baseline, warnings: [] });
  assert.equal((await attempt({ enforce: 'baseline', 'enforce-version': 'v1.30' }, { enforce: 'restricted' })).warnings.length, 3);
});

test('whoever gives an exempt namespace a policy is told that it means nothing', async () => {
  const { plugin } = world({ exemptions: { namespaces: ['ns'] } });
  const object = namespaceOf('ns', { enforce: 'baseline', warn: 'restricted', 'warn-version': 'v1.30' });
  const warning = 'namespace "ns" is exempt from Pod Security, and the policy (enforce=baseline:latest, warn=restricted:v1.30) will be ignored';
  assert.deepEqual((await outcome(plugin, attributesFor(namespaces, { object }))).warnings, [warning]);
  assert.deepEqual((await outcome(plugin, attributesFor(namespaces, { object, old: namespaceOf('ns', {}) }))).warnings, [warning]);
});

test('thousands of pods are looked at up to a limit', async () => {
  const { reader, plugin } = world();
  for (let i = 0; i < 3002; i++) reader.put(pods, { metadata: { name: `p${i}`, namespace: 'ns' }, spec: { containers: [] } });
  const { warnings } = await outcome(plugin, attributesFor(namespaces, { object: namespaceOf('ns', { enforce: 'baseline' }), old: namespaceOf('ns', {}) }));
  assert.deepEqual(warnings, ['new PodSecurity enforce level only checked against the first 3000 of 3002 existing pods']);
});

test('what it says of a request is in the request\'s audit event', async () => {
  const events: AuditEvent[] = [];
  const sink: AuditSink = { name: 'memory', write: (event) => events.push(structuredClone(event)), [Symbol.asyncDispose]: () => Promise.resolve() };
  const policy = parseAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules: [{ level: 'Metadata' }] });
  await using api = await TestServer.start({ audit: { policy, sinks: [sink] }, plugged: (parts) => ({ admission: createAdmission(parts, { disabled: ['ServiceAccount'] }) }) });
  await api.create('/api/v1/namespaces', { metadata: { name: 'watched', labels: { 'pod-security.kubernetes.io/audit': 'baseline', 'pod-security.kubernetes.io/audit-version': 'v1.30' } } });
  events.length = 0;
  await api.create('/api/v1/namespaces/watched/pods', { metadata: { name: 'p' }, spec: { hostNetwork: true, containers: [{ name: 'c', image: 'i' }] } });
  assert.deepEqual(events.map(({ annotations }) => annotations), [{
    'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '',
    'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
    'pod-security.kubernetes.io/audit-violations': 'would violate PodSecurity "baseline:v1.30": host namespaces (hostNetwork=true)',
  }]);
});
