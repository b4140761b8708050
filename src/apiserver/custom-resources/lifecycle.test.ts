import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../../store/drivers/memory/memory-store.ts';
import type { AdmissionPlugin } from '../admission/admission.ts';
import { refusal, TestServer } from '../testing/server.ts';
import { define, definitionsPath, versionOf, widget, widgets } from './testing/definitions.ts';

interface Condition { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }
const named = `${definitionsPath}/widgets.example.com`;
const conditionsOf = async (server: TestServer, path = named): Promise<string[]> => (((await server.get(path)).status['conditions'] ?? []) as unknown as Condition[]).map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`);
const resource = '/apis/example.com/v1/namespaces/default/widgets';
const served = ['NamesAccepted True NoConflicts: no conflicts found', 'Established True InitialNamesAccepted: the initial names have been accepted'];

test('a definition is accepted, established and served, and all of it is still so after a restart', async () => {
  const store = MemoryStore.open();
  {
    const first = await TestServer.start({ store });
    await define(first, widgets());
    assert.deepEqual(await conditionsOf(first), served);
    const { status } = await first.get(named);
    assert.deepEqual({ ...status['acceptedNames'] }, { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' });
    assert.deepEqual(status['storedVersions'], ['v1']);
    await first.create(resource, widget('a', { color: 'red', unknown: 1 }));
    await first.server[Symbol.asyncDispose]();
  }
  await using second = await TestServer.start({ store });
  const { spec } = await second.get(`${resource}/a`);
  assert.deepEqual(spec, { color: 'red' });
  assert.deepEqual(await conditionsOf(second), served);
});

test('names that another definition of the group has are not accepted until it gives them up', async () => {
  await using server = await TestServer.start();
  await define(server, widgets());
  const other = widgets(undefined, { names: { plural: 'gadgets', kind: 'Widget', singular: 'widget', shortNames: ['widgets', 'gd'] } });
  await define(server, other);
  const path = `${definitionsPath}/gadgets.example.com`;
  assert.deepEqual(await conditionsOf(server, path), ['NamesAccepted False ListKindConflict: "WidgetList" is already in use', 'Established False NotAccepted: not all names are accepted']);
  assert.deepEqual({ ...(await server.get(path)).status['acceptedNames'] }, { plural: 'gadgets', kind: '' });
  await assert.rejects(server.get('/apis/example.com/v1/namespaces/default/gadgets'), refusal('NotFound'));
  await server.delete(named);
  await server.clock.settle();
  assert.deepEqual(await conditionsOf(server, path), served);
  assert.deepEqual((await server.get('/apis/example.com/v1/namespaces/default/gadgets')).items, []);
});

test('groups of the community need an approval', async () => {
  await using server = await TestServer.start();
  const cases = [
    ['a.k8s.io', 'https://github.com/kubernetes/kubernetes/pull/78458', 'True ApprovedAnnotation: approved in https://github.com/kubernetes/kubernetes/pull/78458'],
    ['b.kubernetes.io', 'unapproved, for a test', 'False UnapprovedAnnotation: not approved: "unapproved, for a test"'],
  ] as const;
  for (const [group, annotation, expected] of cases) {
    const definition = widgets(undefined, { group });
    await define(server, { ...definition, metadata: { ...definition.metadata, annotations: { 'api-approved.kubernetes.io': annotation } } });
    assert.deepEqual(await conditionsOf(server, `${definitionsPath}/widgets.${group}`), [`KubernetesAPIApprovalPolicyConformant ${expected}`, ...served]);
  }
});

test('a definition that is deleted takes its instances with it, once their finalizers allow', async () => {
  await using server = await TestServer.start();
  await define(server, widgets());
  await server.create(resource, widget('free', {}));
  await server.create(resource, widget('held', {}, { metadata: { finalizers: ['example.com/hold'] } }));
  const watch = server.watch('/apis/example.com/v1/widgets?watch=true&resourceVersion=0');
  const answer = await server.delete(named);
  assert.equal(answer.kind, 'CustomResourceDefinition');
  await server.clock.settle();
  assert.deepEqual((await conditionsOf(server)).at(-1), 'Terminating True InstanceDeletionInProgress: CustomResource deletion is in progress');
  assert.deepEqual((await server.get(resource)).items.map(({ metadata }) => metadata.name), ['held']);
  await assert.rejects(server.create(resource, widget('late', {})), refusal('Forbidden', 'widgets.example.com "late" is forbidden: create not allowed while custom resource definition is terminating'));
  const { resources } = await server.get('/apis/example.com/v1').catch(() => ({ resources: [] })) as { resources: unknown[] };
  assert.deepEqual(resources, []);

  await server.clock.advance(61_000);
  await server.clock.settle();
  assert.match((await conditionsOf(server)).at(-1)!, /^Terminating True InstanceDeletion(Check: could not confirm zero CustomResources remaining: context deadline exceeded|InProgress: .*)$/);
  await server.patch(`${resource}/held`, { metadata: { finalizers: null } });
  await server.clock.advance(5000);
  await server.clock.settle();
  await assert.rejects(server.get(named), refusal('NotFound'));
  await assert.rejects(server.get(resource), refusal('NotFound'));
  await watch.ended;
  assert.deepEqual(watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`), ['ADDED free', 'ADDED held', 'DELETED free', 'MODIFIED held', 'DELETED held']);
});

test('one that was never established goes at once', async () => {
  await using server = await TestServer.start();
  await define(server, widgets());
  await define(server, widgets(undefined, { names: { plural: 'gadgets', kind: 'Widget' } }));
  const seen = server.watch(`${definitionsPath}?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dgadgets.example.com`);
  await server.delete(`${definitionsPath}/gadgets.example.com`);
  await server.clock.settle();
  await assert.rejects(server.get(`${definitionsPath}/gadgets.example.com`), refusal('NotFound'));
  const last = seen.events.at(-1)!;
  assert.equal(last.type, 'DELETED');
  seen.stop();
});

test('a changed definition is served as it is now, and whoever watches begins anew', async () => {
  await using server = await TestServer.start();
  await define(server, widgets());
  await server.create(resource, widget('a', { color: 'red', size: 3 }));
  const watch = server.watch('/apis/example.com/v1/widgets?watch=true&resourceVersion=0');
  const current = await server.get(named);
  const versions = [versionOf('v1', { schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer', default: 7 } } } } } } }), versionOf('v2'), versionOf('v3', { served: false })];
  await server.update(named, { ...current, spec: { ...current.spec, versions } });
  await server.clock.settle();
  await watch.ended;
  // From storage: what the schema does not know any more goes, and what is missing has its default.
  assert.deepEqual((await server.get(`${resource}/a`)).spec, { size: 7 });
  assert.deepEqual((await server.get('/apis/example.com/v2/namespaces/default/widgets/a')).spec, {});
  await assert.rejects(server.get('/apis/example.com/v3/namespaces/default/widgets/a'), refusal('NotFound'));
  // A write that changes nothing brings it to the store, too.
  const before = (await server.get(`${resource}/a`)).metadata.resourceVersion;
  assert.notEqual((await server.patch(`${resource}/a`, {})).metadata.resourceVersion, before);
});

test('what a request writes that began under an earlier schema is shown by the present one', async () => {
  const { promise: release, resolve } = Promise.withResolvers<void>();
  const slow: AdmissionPlugin = { name: 'slow', handles: ({ group }) => group === 'example.com', validate: () => release };
  await using server = await TestServer.start({ admission: [slow] });
  await define(server, widgets());
  const creating = server.create(resource, widget('a', { color: 'red' }));
  await server.clock.settle();
  const current = await server.get(named);
  await server.update(named, { ...current, spec: { ...current.spec, versions: [versionOf('v1', { schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer', default: 7 } } } } } } })] } });
  await server.clock.settle();
  resolve();
  await creating;
  assert.deepEqual((await server.get(`${resource}/a`)).spec, { size: 7 });
});
