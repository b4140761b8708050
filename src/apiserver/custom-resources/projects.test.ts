/** What well-known projects bring is installed over HTTPS by server-side apply, and its instances are made, changed, shown and deleted. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RealClock } from '../../base/real-clock.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import { TlsWebhookTransport } from '../http/webhook-transport.ts';
import type { Reply } from '../testing/https-server.ts';
import { HttpServer } from '../testing/https-server.ts';
import { LoopbackServer } from '../testing/loopback-server.ts';
import { definitionsPath } from './testing/definitions.ts';
import type { Project } from './testing/project-definitions.ts';
import { projects } from './testing/project-definitions.ts';

const undo = new AsyncDisposableStack();
let server: HttpServer;
let all: Readonly<Record<string, Project>>;
const names = Object.keys(projects({ strategy: 'None' }));

interface Shown { readonly apiVersion: string; readonly metadata: { readonly name: string; readonly generation: number; readonly resourceVersion: string; readonly uid: string }; readonly spec: object; readonly status?: object }
interface Table { readonly columnDefinitions: readonly { readonly name: string; readonly type: string }[]; readonly rows: readonly { readonly cells: readonly unknown[] }[] }

before(async () => {
  const hook = undo.use(await LoopbackServer.start(({ body }) => {
    const { request: { uid, desiredAPIVersion, objects } } = body as { request: { uid: string; desiredAPIVersion: string; objects: readonly object[] } };
    return { body: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response: { uid, result: { status: 'Success' }, convertedObjects: objects.map((object) => ({ ...object, apiVersion: desiredAPIVersion })) } } };
  }));
  server = undo.use(await HttpServer.start({ webhookTransport: undo.use(new TlsWebhookTransport()) }));
  all = projects({ strategy: 'Webhook', webhook: { clientConfig: { url: `${hook.url}/convert`, caBundle: btoa(hook.ca) }, conversionReviewVersions: ['v1'] } });
});
after(() => undo.disposeAsync());

const shown = (reply: Reply): Shown => reply.json as unknown as Shown;
const send = (method: string, path: string, type: string, body: object): Promise<Reply> => server.ask(method, path, JSON.stringify(body), { 'content-type': type });
const apply = (path: string, body: object, query = 'fieldManager=installer'): Promise<Reply> => send('PATCH', `${path}?${query}&fieldValidation=Strict`, 'application/apply-patch+yaml', body);
const well = (reply: Reply, code = 200): Reply => { assert.equal(reply.code, code, reply.text.slice(0, 2000)); return reply; };

async function eventually(path: string, code: number): Promise<void> {
  for (let tries = 0; (await server.ask('GET', path)).code !== code; tries++) {
    assert.ok(tries < 500, `${path} is not ${code}`);
    await new RealClock().sleep(5);
  }
}

const collection = ({ spec: { group, scope, names: { plural } } }: CustomResourceDefinition, version: string): string => `/apis/${group}/${version}${scope === 'Namespaced' ? '/namespaces/default' : ''}/${plural}`;

/** Installed, served in all its versions, and the same when it is installed again. */
async function install(definition: CustomResourceDefinition): Promise<void> {
  const path = `${definitionsPath}/${definition.metadata?.name ?? ''}`;
  well(await apply(path, definition), 201);
  for (const { name } of definition.spec.versions) await eventually(collection(definition, name), 200);
  const before = shown(await server.ask('GET', path));
  const again = shown(well(await apply(path, definition)));
  assert.deepEqual([again.metadata.resourceVersion, again.metadata.generation], [before.metadata.resourceVersion, 1]);
}

async function refuses(list: string, of: object, [spec, error]: NonNullable<Project['bad']>): Promise<void> {
  const refused = await send('POST', list, 'application/json', { ...of, metadata: { name: 'bad' }, spec });
  assert.equal(refused.code, 422, refused.text);
  if (typeof error === 'string') assert.ok(refused.json.message.includes(error), refused.json.message);
  else assert.match(refused.json.message, error);
}

for (const name of names) {
  test(`definitions of projects: ${name}`, async () => {
    const { definition, spec, made = spec, status, changed, cells, bad } = all[name]!;
    await install(definition);
    const { group, names: { kind }, versions } = definition.spec;
    const stored = versions.at(-1)!;
    const list = collection(definition, stored.name);
    const path = `${list}/it`;
    const of = { apiVersion: `${group}/${stored.name}`, kind };
    if (bad !== undefined) await refuses(list, of, bad);
    const created = shown(well(await apply(path, { ...of, metadata: { name: 'it' }, spec }), 201));
    assert.deepEqual(created.spec, made);
    if (status !== undefined) {
      const before = shown(well(await send('PATCH', stored.subresources?.status === undefined ? path : `${path}/status`, 'application/merge-patch+json', { status })));
      assert.deepEqual([before.status, before.metadata.generation], [status, 1]);
    }
    const updated = shown(well(await apply(path, { ...of, metadata: { name: 'it' }, spec: changed })));
    assert.partialDeepStrictEqual(updated.spec, changed);
    assert.deepEqual([updated.metadata.uid, updated.metadata.generation, updated.status], [created.metadata.uid, 2, status]);
    // In every version it is the same object.
    for (const version of versions) assert.deepEqual([shown(well(await server.ask('GET', `${collection(definition, version.name)}/it`)))].map((it) => [it.apiVersion, it.metadata.uid, it.spec]), [[`${group}/${version.name}`, created.metadata.uid, updated.spec]]);
    const table = (await server.ask('GET', list, undefined, { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' })).json as unknown as Table;
    const ages = new Set(table.columnDefinitions.flatMap(({ type, name: title }, index) => (type === 'date' || (title === 'Age' && type === 'string') ? [index] : [])));
    assert.deepEqual(table.rows.map((row) => row.cells.filter((_, index) => !ages.has(index))), [cells]);
    if (stored.subresources?.scale !== undefined) {
      const scaled = shown(well(await send('PATCH', `${path}/scale`, 'application/merge-patch+json', { spec: { replicas: 7 } })));
      assert.deepEqual([scaled.spec, (shown(await server.ask('GET', path)).spec as { replicas: number }).replicas], [{ replicas: 7 }, 7]);
    }
    well(await server.ask('DELETE', path));
    well(await server.ask('GET', path), 404);
    well(await server.ask('DELETE', `${definitionsPath}/${definition.metadata?.name ?? ''}`));
    await eventually(list, 404);
  });
}
