import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RealClock } from '../../base/real-clock.ts';
import { TlsWebhookTransport } from '../http/webhook-transport.ts';
import type { LoopbackAnswer } from '../testing/loopback-server.ts';
import { LoopbackServer } from '../testing/loopback-server.ts';
import { refusal, TestServer } from '../testing/server.ts';
import { define, definitionsPath, schemaOf, versionOf, widget, widgets } from './testing/definitions.ts';

interface Asked { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly { readonly apiVersion: string; readonly metadata: { readonly name: string; readonly labels?: Record<string, string> }; readonly spec: { readonly size?: number; readonly width?: number } }[] }
type Respond = (asked: Asked, converted: object[]) => LoopbackAnswer;

const answer = ({ uid }: Asked, convertedObjects: readonly unknown[], more: object = {}): LoopbackAnswer => ({ body: { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', response: { uid, convertedObjects, result: { status: 'Success' }, ...more } } });

/** v1 calls `size` what v2 calls `width`. */
function convert({ desiredAPIVersion, objects }: Asked): object[] {
  return objects.map(({ spec: { size, width }, ...object }) => ({ ...object, apiVersion: desiredAPIVersion, spec: desiredAPIVersion.endsWith('v1') ? { size: width ?? size } : { width: size ?? width } }));
}

interface Fixture extends AsyncDisposable {
  readonly server: TestServer;
  readonly hook: LoopbackServer;
  respond: Respond;
}

const v1 = '/apis/example.com/v1/namespaces/default/widgets';
const v2 = '/apis/example.com/v2/namespaces/default/widgets';

async function start(): Promise<Fixture> {
  const undo = new AsyncDisposableStack();
  const fixture = { respond: answer as Respond } as { -readonly [key in keyof Fixture]: Fixture[key] };
  fixture.hook = undo.use(await LoopbackServer.start(({ body }) => {
    const { request } = body as { request: Asked };
    return fixture.respond(request, convert(request));
  }));
  const transport = undo.use(new TlsWebhookTransport());
  fixture.server = undo.use(await TestServer.start({ clock: new RealClock(), webhookTransport: transport }));
  fixture[Symbol.asyncDispose] = () => undo.disposeAsync();
  const integer = { type: 'integer' };
  const definition = widgets([versionOf('v1', { schema: schemaOf({ size: { ...integer, default: 7 } }) }), versionOf('v2', { schema: schemaOf({ width: integer }) })], { conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: `${fixture.hook.url}/convert`, caBundle: btoa(fixture.hook.ca) }, conversionReviewVersions: ['v1'] } } });
  await fixture.server.create(definitionsPath, definition);
  for (let tries = 0; (await fixture.server.get(v1).catch(() => undefined)) === undefined; tries++) assert.ok(tries < 1000);
  return fixture;
}

test('objects are written and read in either version, lists with one question, and nothing is asked twice', async () => {
  await using it = await start();
  const { server, hook } = it;
  const made = await server.create(v2, widget('a', { width: 3 }, { version: 'v2' }));
  assert.deepEqual([made.apiVersion, { ...made.spec }], ['example.com/v2', { width: 3 }]);
  assert.deepEqual({ ...(await server.get(`${v1}/a`)).spec }, { size: 3 });
  for (const name of ['b', 'c', 'd']) await server.create(v1, widget(name, {}));
  const before = hook.requests.length;
  assert.deepEqual((await server.get(v2)).items.map(({ spec }) => spec['width']), [3, 7, 7, 7]);
  assert.equal(hook.requests.length, before + 1);
  assert.equal(hook.requests.at(-1)!.path, '/convert?timeout=30s');
  await server.get(v2);
  await server.get(`${v2}/b`);
  assert.equal(hook.requests.length, before + 1);
  assert.deepEqual({ ...(await server.patch(`${v2}/b`, { spec: { width: 9 } })).spec }, { width: 9 });
  assert.deepEqual({ ...(await server.get(`${v1}/b`)).spec }, { size: 9 });
});

test('fields are owned in the version that they were written in', async () => {
  await using it = await start();
  const { server } = it;
  const apply = (path: string, manager: string, version: string, spec: object) => server.request('PATCH', `${path}/a?fieldManager=${manager}`, widget('a', spec, { version }), { contentType: 'application/apply-patch+yaml' });
  await apply(v1, 'one', 'v1', { size: 3 });
  await assert.rejects(apply(v2, 'two', 'v2', { width: 4 }), refusal('Conflict', /conflict with "one": \.spec\.size/));
  const same = await apply(v2, 'two', 'v2', { width: 3 });
  // An apply that changes nothing has no time.
  assert.deepEqual(same.metadata.managedFields?.map(({ manager, apiVersion }) => `${manager} ${apiVersion}`), ['two example.com/v2', 'one example.com/v1']);
  const updated = await server.update(`${v2}/a`, { ...same, spec: { width: 5 } });
  assert.deepEqual(updated.metadata.managedFields?.map(({ manager, apiVersion, fieldsV1 }) => `${manager} ${apiVersion} ${JSON.stringify(fieldsV1)}`), ['unknown example.com/v2 {"f:spec":{"f:width":{}}}']);
});

test('watches are told in order of what is converted', async () => {
  await using it = await start();
  const { server } = it;
  await server.create(v1, widget('old', { size: 1 }));
  const watch = server.watch(`${v2}?watch=true&resourceVersion=0`);
  for (let size = 2; size < 8; size++) await server.patch(`${v1}/old`, { spec: { size } });
  await server.delete(`${v1}/old`);
  for (let tries = 0; watch.events.length < 8; tries++) {
    assert.ok(tries < 500);
    await new RealClock().sleep(2);
  }
  assert.deepEqual(watch.events.map(({ type, object }) => `${type} ${object.apiVersion} ${String(object.spec['width'])}`), ['ADDED example.com/v2 1', ...[2, 3, 4, 5, 6, 7].map((width) => `MODIFIED example.com/v2 ${width}`), 'DELETED example.com/v2 7']);
  watch.stop();
});

test('a webhook may change labels and annotations, and nothing else of the metadata', async () => {
  await using it = await start();
  it.respond = (asked, objects) => answer(asked, objects.map((object) => ({ ...object, metadata: { ...(object as Asked['objects'][number]).metadata, labels: { from: 'webhook' }, generation: 99, finalizers: ['a/b'], resourceVersion: '5' } })));
  const { metadata } = await it.server.create(v1, widget('a', { size: 1 })).then(() => it.server.get(`${v2}/a`));
  assert.deepEqual([{ ...metadata.labels }, metadata.generation, metadata.finalizers], [{ from: 'webhook' }, 1, undefined]);
  assert.notEqual(metadata.resourceVersion, '5');
});

const failed = 'conversion webhook for example.com/v1, Kind=Widget';
const lies: readonly (readonly [what: string, Respond, message: string | RegExp])[] = [
  ['another question\'s answer', (asked, objects) => answer({ ...asked, uid: 'other' }, objects), new RegExp(`^${failed} failed: expected response.uid="[^"]+", got "other"$`)],
  ['too few objects', (asked) => answer(asked, []), `${failed} returned 0 objects, expected 1`],
  ['another version', (asked, [object]) => answer(asked, [{ ...object, apiVersion: 'example.com/v1' }]), `${failed} returned invalid object: invalid groupVersion (expected example.com/v2, received example.com/v1)`],
  ['another kind', (asked, [object]) => answer(asked, [{ ...object, kind: 'Gadget' }]), `${failed} returned invalid object: invalid kind (expected Widget, received Gadget)`],
  ['another name', (asked, [object]) => answer(asked, [{ ...object, metadata: { ...(object as Asked['objects'][number]).metadata, name: 'b' } }]), `${failed} returned invalid object: must have the same name: a != b`],
  ['no metadata', (asked, [object]) => answer(asked, [{ ...object, metadata: undefined }]), `${failed} returned invalid object: must have the same name: a != `],
  ['bad labels', (asked, [object]) => answer(asked, [{ ...object, metadata: { ...(object as Asked['objects'][number]).metadata, labels: { a: 1 } } }]), `${failed} returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object`],
  ['a refusal', (asked) => answer(asked, [], { result: { status: 'Failure', message: 'not today' } }), `${failed} failed: not today`],
  ['a refusal without words', (asked) => answer(asked, [], { result: { status: 'Failure' } }), `${failed} failed: response.result.status was 'Failure', not 'Success'`],
  ['another document', () => ({ body: { kind: 'Pod', apiVersion: 'v1' } }), `${failed} failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got v1, Kind=Pod`],
  ['no response', () => ({ body: { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1' } }), `${failed} failed: no response provided`],
  ['an error', () => ({ code: 500, body: 'no' }), new RegExp(`^${failed} failed: `)],
  ['nothing at all', () => 'hang up', new RegExp(`^${failed} failed: Post "https://127\\.0\\.0\\.1:\\d+/convert\\?timeout=30s": EOF$`)],
  ['too much', (asked, objects) => answer(asked, objects, { filler: 'x'.repeat(17 * 1024 * 1024) }), new RegExp(`^${failed} failed: .*`)],
];

test('a webhook that lies costs those an error who ask for another version, and nobody else', async (context) => {
  await using it = await start();
  const { server } = it;
  await server.create(v1, widget('a', { size: 1 }));
  for (const [what, respond, message] of lies) {
    await context.test(what, async () => {
      it.respond = respond;
      await assert.rejects(server.get(`${v2}/a`), (error: unknown) => {
        assert.ok(error instanceof Error);
        if (typeof message === 'string') assert.equal(error.message, message);
        else assert.match(error.message, message);
        return true;
      });
      assert.equal((await server.get(`${v1}/a`)).spec['size'], 1);
    });
  }
  const watch = server.watch(`${v2}?watch=true&resourceVersion=0`);
  await watch.ended;
  assert.deepEqual(watch.events.map(({ type }) => type), ['ERROR']);
  // It may be deleted all the same.
  await server.delete(`${v1}/a`);
});

test('without a webhook versions differ in name alone, and each keeps what its schema knows', async () => {
  await using server = await TestServer.start();
  await define(server, widgets([versionOf('v1', { schema: schemaOf({ size: { type: 'integer' }, color: { type: 'string', default: 'red' } }) }), versionOf('v2', { schema: schemaOf({ size: { type: 'integer' }, shape: { type: 'string', default: 'round' } }) })]));
  const made = await server.create(v2, widget('a', { size: 1, shape: 'flat' }, { version: 'v2' }));
  // On its way to the store it loses what the stored version does not know.
  assert.deepEqual([made.apiVersion, { ...made.spec }], ['example.com/v2', { size: 1 }]);
  assert.deepEqual({ ...(await server.get(`${v1}/a`)).spec }, { size: 1, color: 'red' });
  const watch = server.watch(`${v2}?watch=true&resourceVersion=0`);
  await server.patch(`${v1}/a`, { spec: { size: 2 } });
  assert.deepEqual(watch.events.map(({ type, object }) => `${type} ${object.apiVersion} ${String(object.spec['size'])}`), ['ADDED example.com/v2 1', 'MODIFIED example.com/v2 2']);
  watch.stop();
});

test('what conversions take, and how they end, is counted under upstream\'s names', async () => {
  await using it = await start();
  const { server } = it;
  await server.create(v2, widget('a', { width: 3 }, { version: 'v2' }));
  it.respond = () => 'hang up';
  await assert.rejects(server.create(v2, widget('b', { width: 3 }, { version: 'v2' })));
  it.respond = (asked) => answer(asked, []);
  await assert.rejects(server.create(v2, widget('c', { width: 3 }, { version: 'v2' })));
  const lines = (await server.server.metrics.render()).split('\n');
  const count = (line: string): number => Number(lines.find((one) => one.startsWith(`${line} `))?.slice(line.length + 1) ?? 0);
  assert.ok(count('apiserver_conversion_webhook_request_total{result="success",failure_type=""}') > 0);
  assert.equal(count('apiserver_conversion_webhook_request_total{result="failure",failure_type="conversion_webhook_call_failure"}'), 1);
  assert.equal(count('apiserver_conversion_webhook_request_total{result="failure",failure_type="conversion_webhook_partial_response_failure"}'), 1);
  assert.equal(count('apiserver_crd_conversion_webhook_duration_seconds_count{crd_name="widgets.example.com",from_version="v2",to_version="v1",succeeded="false"}'), 2);
});
