import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../src/api/meta/object.ts';
import type { ResourceType } from '../../src/api/resource-type.ts';
import { configmaps, customresourcedefinitions, namespaces, resourcequotas } from '../../src/api/resources.ts';
import { isReason } from '../../src/api/status.ts';
import { versionOf, widgets } from '../../src/apiserver/custom-resources/testing/definitions.ts';
import { startFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

const type = (version = 'v1'): ResourceType<KubeObject> => ({ group: 'example.com', version, resource: 'widgets', kind: 'Widget', namespaced: true });

const widget = (name: string, metadata: object = {}, version = 'v1'): KubeObject => ({ apiVersion: `example.com/${version}`, kind: 'Widget', metadata: { namespace: 'default', name, ...metadata } });

async function define({ client, clock }: Fixture, ...versions: readonly ReturnType<typeof versionOf>[]): Promise<void> {
  await client.create(customresourcedefinitions, widgets(versions.length === 0 ? undefined : versions));
  await clock.advance(100);
}

const remains = async ({ client }: Fixture): Promise<string[]> => (await client.list(type(), { namespace: 'default' })).items.map(({ metadata }) => metadata.name!);

describe('controllers and custom resources that come and go', () => {
  it('the garbage collector knows of them within seconds, in whatever version they are served', async () => {
    await using fixture = await startFixture({ controllers: ['garbage-collector-controller'] });
    const { client, clock } = fixture;
    await clock.advance(3000);
    await define(fixture, versionOf('v1'), versionOf('v2'));
    await clock.advance(3000);
    const owner = await client.create(type(), widget('owner'));
    const ownerReferences = [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'owner', uid: owner.metadata.uid! }];
    await client.create(type('v2'), widget('owned', { ownerReferences }, 'v2'));
    await client.create(configmaps, { metadata: { namespace: 'default', name: 'owned', ownerReferences } });
    await clock.advance(100);
    await client.delete(type(), { namespace: 'default', name: 'owner' }, { propagationPolicy: 'Background' });
    await clock.advance(3000);
    assert.deepEqual(await remains(fixture), []);
    assert.deepEqual((await client.list(configmaps, { namespace: 'default' })).items.filter(({ metadata }) => metadata.name === 'owned'), []);

    // Gone and back, under the same name: it is watched anew.
    await client.delete(customresourcedefinitions, { name: 'widgets.example.com' });
    await clock.advance(40_000);
    await define(fixture);
    await clock.advance(3000);
    const second = await client.create(type(), widget('owner'));
    await client.create(type(), widget('held', { ownerReferences: [{ ...ownerReferences[0]!, uid: second.metadata.uid!, blockOwnerDeletion: true }], finalizers: ['example.com/hold'] }));
    await clock.advance(100);
    await client.delete(type(), { namespace: 'default', name: 'owner' }, { propagationPolicy: 'Foreground' });
    await clock.advance(3000);
    assert.deepEqual(await remains(fixture), ['held', 'owner']);
    await client.patch(type(), { namespace: 'default', name: 'held' }, { type: 'merge', value: { metadata: { finalizers: null } } });
    await clock.advance(3000);
    assert.deepEqual(await remains(fixture), []);
    assert.deepEqual(fixture.complaints, []);
  });

  it('one whose conversion fails does not keep the garbage collector from the others', async () => {
    await using fixture = await startFixture({ controllers: ['garbage-collector-controller'] });
    const { client, clock } = fixture;
    await define(fixture);
    await client.create(type(), widget('old'));
    const known = await client.get(customresourcedefinitions, { name: 'widgets.example.com' });
    const conversion = { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://localhost:1/convert' }, conversionReviewVersions: ['v1'] } };
    await client.update(customresourcedefinitions, { ...known, spec: { ...known.spec, conversion, versions: [{ ...versionOf('v1'), storage: false }, { ...versionOf('v2'), storage: true }] } });
    await fixture.restart();
    await clock.advance(31_000);
    await client.create(configmaps, { metadata: { namespace: 'default', name: 'lost', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: '11111111-2222-4333-8444-555555555555' }] } });
    await clock.advance(3000);
    assert.deepEqual((await client.list(configmaps, { namespace: 'default' })).items.map(({ metadata }) => metadata.name), []);
  });

  it('quotas count them', async () => {
    await using fixture = await startFixture({ controllers: ['resourcequota-controller'] });
    const { client, clock } = fixture;
    await define(fixture);
    const hard = { 'count/widgets.example.com': '1' };
    await client.create(resourcequotas, { metadata: { namespace: 'default', name: 'quota' }, spec: { hard } });
    await clock.advance(1000);
    await client.create(type(), widget('a'));
    await clock.advance(1000);
    assert.deepEqual((await client.get(resourcequotas, { namespace: 'default', name: 'quota' })).status, { hard, used: hard });
    await assert.rejects(client.create(type(), widget('b')), (error: unknown) => isReason(error, 'Forbidden') && /exceeded quota: quota, requested: count\/widgets.example.com=1, used: count\/widgets.example.com=1, limited: count\/widgets.example.com=1/.test(String(error)));
    await client.delete(type(), { namespace: 'default', name: 'a' });
    await clock.advance(5000);
    await client.create(type(), widget('b'));
  });

  it('they go with their namespace, held by their finalizers', async () => {
    await using fixture = await startFixture({ controllers: ['namespace-controller'] });
    const { client, clock } = fixture;
    await define(fixture);
    await client.create(namespaces, { metadata: { name: 'leaving' } });
    await client.create(type(), { ...widget('held', { namespace: 'leaving', finalizers: ['example.com/hold'] }) });
    await client.delete(namespaces, { name: 'leaving' });
    await clock.advance(5000);
    const { status } = await client.get(namespaces, { name: 'leaving' });
    assert.equal(status?.conditions?.find(({ type: name }) => name === 'NamespaceContentRemaining')?.message, 'Some resources are remaining: widgets.example.com has 1 resource instances');
    await client.patch(type(), { namespace: 'leaving', name: 'held' }, { type: 'merge', value: { metadata: { finalizers: null } } });
    await clock.advance(30_000);
    assert.ok(!(await client.list(namespaces)).items.some(({ metadata }) => metadata.name === 'leaving'));
  });
});
