import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { decodeCbor, encodeCbor } from '../../api/codec/cbor.ts';
import { decodeProtobuf, encodeProtobuf } from '../../api/codec/protobuf.ts';
import { decodeYaml } from '../../api/codec/yaml.ts';
import type { ObjectSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import { HttpServer } from '../testing/https-server.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';
const namespace = '/api/v1/namespaces/default';
const configMaps = `${namespace}/configmaps`;

function schemaOf({ apiVersion, kind }: { apiVersion: string; kind: string }): ObjectSchema {
  const slash = apiVersion.indexOf('/');
  return builtinSchema.kind(slash < 0 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind)!;
}

type Loose = { [key: string]: Loose } & string & Loose[];

/** What a body says, whatever it is encoded in. */
function decoded(contentType: string | undefined, body: Buffer): Loose {
  switch (contentType) {
    case protobuf: return decodeProtobuf(body, (apiVersion, kind) => schemaOf({ apiVersion, kind })) as Loose;
    case 'application/yaml': return decodeYaml(body).value as Loose;
    case 'application/cbor': return decodeCbor(body) as Loose;
    case 'application/json': return JSON.parse(body.toString()) as Loose;
    default: throw new Error(`unexpected ${contentType}: ${body.toString()}`);
  }
}

const g = 'g=meta.k8s.io;v=v1';

/** What is asked for, in every encoding that has it: the answers say the same. */
const reads: { what: string; path: string; as?: string; kind: string; code?: number; formats: string[] }[] = [
  { what: 'an object', path: `${configMaps}/a`, kind: 'ConfigMap', formats: ['application/yaml', protobuf, 'application/cbor'] },
  { what: 'a list', path: configMaps, kind: 'ConfigMapList', formats: ['application/yaml', protobuf, 'application/cbor'] },
  { what: 'a page', path: `${configMaps}?limit=1`, kind: 'ConfigMapList', formats: ['application/yaml', protobuf, 'application/cbor'] },
  { what: 'an empty list', path: `${namespace}/pods`, kind: 'PodList', formats: ['application/yaml', protobuf, 'application/cbor'] },
  { what: 'a list of converted objects', path: '/apis/events.k8s.io/v1/namespaces/default/events', kind: 'EventList', formats: ['application/yaml', protobuf, 'application/cbor'] },
  { what: 'the metadata of an object', path: `${configMaps}/a`, as: 'PartialObjectMetadata', kind: 'PartialObjectMetadata', formats: ['application/yaml', protobuf, 'application/cbor'] },
  { what: 'the metadata of a list', path: configMaps, as: 'PartialObjectMetadataList', kind: 'PartialObjectMetadataList', formats: ['application/yaml', protobuf, 'application/cbor'] },
  { what: 'a table', path: configMaps, as: 'Table', kind: 'Table', formats: ['application/yaml'] },
  { what: 'a table of one', path: `${configMaps}/a`, as: 'Table', kind: 'Table', formats: ['application/yaml'] },
  { what: 'an error', path: `${configMaps}/none`, kind: 'Status', code: 404, formats: ['application/yaml', protobuf, 'application/cbor'] },
  { what: 'a scale', path: '/apis/apps/v1/namespaces/default/deployments/web/scale', kind: 'Scale', formats: ['application/yaml', protobuf, 'application/cbor'] },
];

async function filled(): Promise<HttpServer> {
  const http = await HttpServer.start({ featureGates: { CBORServingAndStorage: 'true' } });
  for (const name of ['a', 'b', 'c']) await http.api.create(configMaps, { metadata: { name, labels: { app: 'x' } }, data: { text: 'line 1\n\n  line 2\n', empty: '' }, binaryData: { b: '//79' } });
  await http.api.create(`${namespace}/events`, { metadata: { name: 'e' }, involvedObject: { namespace: 'default' }, message: 'hello', lastTimestamp: '2026-01-01T00:00:00Z' });
  await http.api.create('/apis/apps/v1/namespaces/default/deployments', { metadata: { name: 'web' }, spec: { replicas: 2, selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } });
  return http;
}

test('every answer says the same in every encoding', async (t) => {
  await using http = await filled();
  for (const { what, path, as, kind, code = 200, formats } of reads) {
    await t.test(what, async () => {
      const suffix = as === undefined ? '' : `;as=${as};${g}`;
      const plain = await http.ask('GET', path, undefined, { accept: `application/json${suffix}` });
      assert.equal(plain.code, code);
      assert.equal(plain.json.kind, kind);
      // Items of built-in kinds say no kind of their own: the list says it.
      if (as === undefined && kind.endsWith('List')) for (const item of plain.json.items as { kind?: string; apiVersion?: string }[]) assert.deepEqual([item.kind, item.apiVersion], [undefined, undefined]);
      for (const format of formats) {
        const answer = await http.ask('GET', path, undefined, { accept: `${format}${suffix}` });
        assert.deepEqual([answer.code, answer.headers['content-type']], [code, format]);
        // The binary ones byte for byte: lists are put together from pieces here, and in one go there.
        if (format === protobuf) assert.deepEqual(answer.body, Buffer.from(encodeProtobuf(plain.json, schemaOf(plain.json as never))), format);
        else if (format === 'application/cbor') assert.deepEqual(answer.body, Buffer.from(encodeCbor(plain.json, schemaOf(plain.json as never))), format);
        else {
          const said = decoded(format, answer.body);
          // Ages grow between the two.
          if (kind === 'Table') for (const rows of [said['rows']!, (plain.json as unknown as Loose)['rows']!]) for (const row of rows) row['cells']!.pop();
          assert.deepEqual(said, plain.json);
        }
      }
    });
  }
});

/** Bodies of requests, and what is answered to them. */
const writes: { method: string; path: string; body: { apiVersion: string; kind: string } & object; code: number; kind: string }[] = [
  { method: 'POST', path: configMaps, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' }, data: { k: 'v' } } as never, code: 201, kind: 'ConfigMap' },
  { method: 'PUT', path: `${configMaps}/new`, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' }, data: { k: 'w' } } as never, code: 200, kind: 'ConfigMap' },
  { method: 'PUT', path: '/apis/apps/v1/namespaces/default/deployments/web/scale', body: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web', namespace: 'default' }, spec: { replicas: 3 } } as never, code: 200, kind: 'Scale' },
  { method: 'POST', path: `${namespace}/pods/p/eviction`, body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' }, deleteOptions: { gracePeriodSeconds: 0 } } as never, code: 201, kind: 'Status' },
  { method: 'DELETE', path: `${configMaps}/new`, body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: {}, propagationPolicy: 'Background' } as never, code: 200, kind: 'Status' },
];

for (const format of [protobuf, 'application/cbor', 'application/yaml']) {
  test(`bodies of all sorts in ${format}`, async () => {
    await using http = await filled();
    await http.api.create(`${namespace}/pods`, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
    for (const { method, path, body, code, kind } of writes) {
      const schema = schemaOf(body);
      const bytes = format === protobuf ? encodeProtobuf(body, schema) : format === 'application/cbor' ? encodeCbor(body, schema) : JSON.stringify(body);
      const answer = await http.ask(method, path, Buffer.from(bytes as string), { 'content-type': format, accept: format });
      const said = decoded(answer.headers['content-type'] ?? '', answer.body);
      assert.deepEqual([answer.code, said['kind'], answer.headers['content-type']], [code, kind, format], `${method} ${path}: ${JSON.stringify(said)}`);
    }
  });
}

test('protobuf that does not say what it is is taken for what belongs there', async () => {
  await using http = await filled();
  const body = encodeProtobuf({ metadata: { name: 'bare' } } as object, builtinSchema.kind('', 'v1', 'ConfigMap')!);
  assert.equal((await http.ask('POST', configMaps, Buffer.from(body), { 'content-type': protobuf })).code, 201);
});

/** The elements of a watch in one encoding, as they come out of it. */
function events(format: string, bytes: Buffer): { type: string; object: Loose }[] {
  const found: { type: string; object: Loose }[] = [];
  if (format === 'application/json') return bytes.toString().split('\n').slice(0, -1).map((line) => JSON.parse(line) as { type: string; object: Loose });
  if (format === 'application/cbor') {
    const mark = Buffer.from('d9d9f7a2', 'hex');
    for (let at = 0; at < bytes.length;) {
      const next = bytes.indexOf(mark, at + 1);
      const end = next < 0 ? bytes.length : next;
      try {
        found.push(decodeCbor(bytes.subarray(at, end)) as { type: string; object: Loose });
      } catch {
        break;
      }
      at = end;
    }
    return found;
  }
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    const frame = bytes.subarray(at + 4, end);
    const type = frame.subarray(2, 2 + frame[1]!).toString();
    found.push({ type, object: decoded(protobuf, frame.subarray(frame.indexOf('k8s\0'))) });
    at = end;
  }
  return found;
}

for (const [format, contentType] of [['application/json', 'application/json'], [protobuf, `${protobuf};stream=watch`], ['application/cbor', 'application/cbor-seq']] as const) {
  test(`watches in ${format}: objects, their metadata, bookmarks and errors`, async () => {
    await using http = await filled();
    for (const as of ['', `;as=PartialObjectMetadata;${g}`]) {
      const path = `${configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
      const answer = await http.stream(path, { accept: `${format}${as}` }, (bytes) => events(format, bytes).length >= 4);
      assert.equal(answer.headers['content-type'], contentType);
      const seen = events(format, answer.body);
      assert.deepEqual(seen.map(({ type, object }) => `${type} ${object['kind']} ${(object['metadata'] as Loose)['name'] ?? ''}`.trim()), [...['a', 'b', 'c'].map((name) => `ADDED ${as === '' ? 'ConfigMap' : 'PartialObjectMetadata'} ${name}`), `BOOKMARK ${as === '' ? 'ConfigMap' : 'PartialObjectMetadata'}`]);
      assert.equal(seen[3]!.object['metadata']!['annotations']!['k8s.io/initial-events-end'], 'true');
      assert.equal('data' in seen[0]!.object, as === '');
    }
  });
}

test('watches as tables: the heads of the columns come once', async () => {
  await using http = await filled();
  const answer = await http.stream(`${configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`, { accept: `application/json;as=Table;${g}` }, (bytes) => bytes.toString().split('\n').length > 4);
  const seen = events('application/json', answer.body);
  assert.deepEqual(seen.map(({ type, object }) => [type, object['columnDefinitions']?.length, object['rows']!.length]), [['ADDED', 3, 1], ['ADDED', undefined, 1], ['ADDED', undefined, 1], ['BOOKMARK', undefined, 1]]);
  assert.deepEqual(seen.map(({ object }) => object['columnDefinitions'] === null), [false, true, true, true]);
  assert.equal(seen[3]!.object['rows']![0]!['object']!['metadata']!['annotations']!['k8s.io/initial-events-end'], 'true');
});

test('a Scale as a table: of a built-in kind, and of a custom resource', async () => {
  await using http = await HttpServer.start();
  const widgets = '/apis/example.com/v1/namespaces/default/widgets';
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const version = { name: 'v1', served: true, storage: true, schema, subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } } };
  await http.api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { metadata: { name: 'widgets.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [version] } });
  await http.api.create(widgets, { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' }, spec: { replicas: 2 } });
  const controllers = `${namespace}/replicationcontrollers`;
  await http.api.create(controllers, { metadata: { name: 'a' }, spec: { replicas: 3, selector: { a: 'b' }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } });
  for (const [path, heads, replicas] of [[controllers, ['Name string ', 'Desired integer ', 'Available integer ', 'Age string '], 3], [widgets, ['Name string name', 'Desired integer ', 'Available integer ', 'Age date '], 2]] as const) {
    const { json } = await http.ask('GET', `${path}/a/scale`, undefined, { accept: `application/json;as=Table;${g}` });
    const { kind, columnDefinitions, rows } = json as unknown as { kind: string; columnDefinitions: { name: string; type: string; format: string }[]; rows: { cells: unknown[] }[] };
    assert.deepEqual([kind, columnDefinitions.map(({ name, type, format }) => `${name} ${type} ${format}`), rows[0]!.cells.slice(0, 3)], ['Table', heads, ['a', replicas, 0]]);
  }
});

test('the items of a list of metadata say what they are in JSON, but not to those who would rather have had protobuf', async () => {
  await using http = await filled();
  const partial = `;as=PartialObjectMetadataList;${g}`;
  const kinds = async (accept: string): Promise<unknown[]> => ((await http.ask('GET', configMaps, undefined, { accept })).json.items as { kind?: string; metadata: { name: string } }[]).map(({ kind, metadata: { name } }) => [name, kind]);
  assert.deepEqual(await kinds(`application/json${partial}`), ['a', 'b', 'c'].map((name) => [name, 'PartialObjectMetadata']));
  assert.deepEqual(await kinds(`${protobuf}${partial},application/json${partial},application/json`), ['a', 'b', 'c'].map((name) => [name, undefined]));
});

test('what a transformation does not fit', async () => {
  await using http = await filled();
  const refused = async (path: string, as: string): Promise<string> => (await http.ask('GET', path, undefined, { accept: `application/json;as=${as};${g}` })).json.message;
  assert.equal(await refused(configMaps, 'PartialObjectMetadata'), 'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)');
  assert.equal(await refused(`${configMaps}/a`, 'PartialObjectMetadataList'), 'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)');
  const wrong = await http.ask('GET', `${configMaps}?includeObject=All`, undefined, { accept: `application/json;as=Table;${g}` });
  assert.deepEqual([wrong.code, wrong.json.message], [400, `Unable to convert to Table as requested: includeObject: Invalid value: "All": must be 'Metadata', 'Object', 'None', or empty`]);
});

test('pretty: by query, by media type, by who asks', async () => {
  await using http = await filled();
  const pretty = async (query: string, headers: Record<string, string>): Promise<boolean> => (await http.ask('GET', `${configMaps}${query}`, undefined, headers)).text.startsWith('{\n  "kind"');
  const table: [string, Record<string, string>, boolean][] = [['', {}, false], ['?pretty=true', {}, true], ['?pretty=1', {}, true], ['?pretty=yes', {}, false], ['', { accept: 'application/json;pretty=1' }, true], ['', { 'user-agent': 'curl/8' }, true], ['?pretty=false', { 'user-agent': 'curl/8' }, false], ['?pretty=', { 'user-agent': 'Wget/1' }, true]];
  for (const [query, headers, expected] of table) assert.equal(await pretty(query, headers), expected, `${query} ${JSON.stringify(headers)}`);
  const list = await http.ask('GET', `${configMaps}?pretty=true`);
  assert.equal(list.text, JSON.stringify(list.json, null, 2));
  const empty = await http.ask('GET', `${namespace}/pods?pretty=true`);
  assert.equal(empty.text, JSON.stringify(empty.json, null, 2));
});

test('compression: above 128 KiB, for those who name it, in every encoding, and never for watches', async () => {
  await using http = await HttpServer.start();
  await http.api.create(configMaps, { metadata: { name: 'big' }, data: { big: 'x'.repeat(131_000) } });
  const asked = async (path: string, encoding: string, accept = 'application/json'): Promise<string | undefined> => (await http.ask('GET', path, undefined, { 'accept-encoding': encoding, accept })).headers['content-encoding'];
  assert.equal(await asked(`${configMaps}?fieldSelector=metadata.name%3Dbig`, 'gzip'), 'gzip');
  assert.equal(await asked(`${configMaps}/big`, 'deflate, gzip'), 'gzip');
  assert.equal(await asked(`${configMaps}/big`, 'gzip;q=1.0'), undefined);
  assert.equal(await asked(`${configMaps}/big`, 'br'), undefined);
  assert.equal(await asked(`${namespace}/pods`, 'gzip'), undefined);
  for (const accept of ['application/yaml', protobuf]) {
    const [plain, small] = await Promise.all([http.ask('GET', configMaps, undefined, { accept }), http.ask('GET', configMaps, undefined, { accept, 'accept-encoding': 'gzip' })]);
    assert.deepEqual([small.headers['content-encoding'], small.headers['vary'], small.headers['content-type']], ['gzip', 'Accept-Encoding', accept]);
    assert.deepEqual(gunzipSync(small.body), plain.body);
  }
  const watch = await http.stream(`${configMaps}?watch=1`, { 'accept-encoding': 'gzip' }, (bytes) => bytes.length > 131_000);
  assert.equal(watch.headers['content-encoding'], undefined);
});

test('warnings go with the answer, whatever characters they have', async () => {
  await using http = await HttpServer.start();
  const answer = await http.ask('POST', configMaps, JSON.stringify({ metadata: { name: 'w' }, 'ключ"': 1 }), { 'content-type': 'application/json' });
  assert.equal(Buffer.from(String(answer.headers['warning']), 'latin1').toString(), String.raw`299 - "unknown field \"ключ\\\"\""`);
});

test('CBOR that is refused, and its unknown fields', async () => {
  await using http = await HttpServer.start({ featureGates: { CBORServingAndStorage: 'true' } });
  const post = (bytes: Uint8Array, query = '') => http.ask('POST', `${configMaps}${query}`, Buffer.from(bytes), { 'content-type': 'application/cbor' });
  const twice = await post(Buffer.from('a2416101416102', 'hex'));
  assert.deepEqual([twice.code, twice.json.message], [400, 'the object provided is unrecognized (must be of type ConfigMap): unable to determine group/version/kind: cbor: found repeat map key "a" (a2416101416102)']);
  const unknown = await post(encodeCbor({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x' }, foo: 1 }), '?fieldValidation=Strict');
  assert.deepEqual([unknown.code, unknown.json.message], [400, 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: cbor: found unknown field at map element index 0']);
  assert.equal((await http.ask('GET', configMaps, undefined, { accept: 'application/cbor' })).headers['content-type'], 'application/cbor');
  await using off = await HttpServer.start();
  assert.equal((await off.ask('POST', configMaps, Buffer.from(encodeCbor({})), { 'content-type': 'application/cbor' })).code, 415);
});

/** The first messages of a watch over a WebSocket. */
function messages(http: HttpServer, path: string, count: number, { accept = 'application/json', protocols = [] as string[] } = {}): Promise<{ protocol: string; received: { data: Buffer; binary: boolean }[] }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://127.0.0.1:${http.port}${path}`, protocols, { rejectUnauthorized: false, headers: { authorization: 'Bearer secret', accept } });
    const received: { data: Buffer; binary: boolean }[] = [];
    const done = (): void => resolve({ protocol: socket.protocol, received });
    socket.on('open', () => socket.send('nothing that anybody waits for'));
    socket.on('message', (data: Buffer, binary) => {
      received.push({ data, binary });
      if (received.length < count) return;
      socket.close();
      done();
    });
    socket.on('close', done);
    socket.on('error', reject);
    socket.on('unexpected-response', (_, answer) => reject(new Error(`${answer.statusCode}`)));
  });
}

test('watches over WebSocket: a message an event, text for JSON, bytes for the rest', async () => {
  await using http = await filled();
  const text = await messages(http, `${configMaps}?watch=1`, 3);
  assert.deepEqual(text.received.map(({ data, binary }) => [(JSON.parse(data.toString()) as { type: string }).type, binary]), [['ADDED', false], ['ADDED', false], ['ADDED', false]]);
  const bytes = await messages(http, `${configMaps}?watch=1`, 1, { accept: protobuf });
  assert.equal(bytes.received[0]!.binary, true);
  assert.equal(bytes.received[0]!.data.subarray(2, 7).toString(), 'ADDED');
  const protocol = await messages(http, `${configMaps}?watch=1`, 1, { protocols: ['mine', `base64url.bearer.authorization.k8s.io.${Buffer.from('secret').toString('base64url')}`] });
  assert.equal(protocol.protocol, 'mine');
  const ending = await messages(http, `${configMaps}?watch=1&fieldSelector=metadata.name%3Da&timeoutSeconds=1`, 10);
  assert.equal(ending.received.length, 1);
  await assert.rejects(messages(http, '/api/v1/nothings?watch=1', 1), { message: '404' });
  await assert.rejects(messages(http, `${configMaps}?watch=1`, 1, { accept: 'application/yaml' }), { message: '406' });
  await assert.rejects(messages(http, `${configMaps}/a`, 1), { message: '400' });
});

test('[sig-node] Pods should support retrieving logs from the container over websockets [NodeConformance] [Conformance]', async () => {
  const log = async function* (): AsyncIterable<Uint8Array> {
    for (const line of ['container is alive\n', 'and well\n']) yield await Promise.resolve(Buffer.from(line));
  };
  await using http = await HttpServer.start({ kubelet: { get: () => Promise.resolve({ kind: 'raw', code: 200, contentType: 'text/plain', body: log() }), upgrade: () => Promise.resolve() } as never });
  await http.api.create('/api/v1/nodes', { metadata: { name: 'n' }, status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] } });
  await http.api.create(`${namespace}/pods`, { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } });
  const plain = await messages(http, `${namespace}/pods/p/log?container=c`, 10, { protocols: ['binary.k8s.io'] });
  assert.deepEqual([plain.protocol, plain.received.map(({ data }) => data.toString())], ['binary.k8s.io', ['', 'container is alive\n', 'and well\n']]);
  const text = await messages(http, `${namespace}/pods/p/log`, 10, { protocols: ['base64.binary.k8s.io'] });
  assert.deepEqual(text.received.map(({ data, binary }) => [Buffer.from(data.toString(), 'base64').toString(), binary]), [['', false], ['container is alive\n', false], ['and well\n', false]]);
  const bare = await messages(http, `${namespace}/pods/p/log`, 10);
  assert.equal(Buffer.concat(bare.received.map(({ data }) => data)).toString(), 'container is alive\nand well\n');
});

test('applied configurations in CBOR, where it is turned on', async () => {
  const applied = Buffer.from(encodeCbor({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, data: { k: 'v' } }));
  const apply = (http: HttpServer) => http.ask('PATCH', `${configMaps}/applied?fieldManager=me`, applied, { 'content-type': 'application/apply-patch+cbor' });
  await using http = await filled();
  assert.equal((await apply(http)).code, 201);
  assert.deepEqual((await http.api.get(`${configMaps}/applied`)).data, { k: 'v' });
  await using off = await HttpServer.start();
  const refused = await apply(off);
  assert.deepEqual([refused.code, refused.json.message], [415, '415: Unsupported Media Type']);
});

test('content types: parameters mean nothing but must be well-formed, and what there is not is refused before all else', async () => {
  await using http = await HttpServer.start();
  const post = async (type: string, query = '', body = '{"metadata":{"generateName":"x-"}}'): Promise<number> => (await http.ask('POST', `${configMaps}?dryRun=All${query}`, body, { 'content-type': type })).code;
  const table: [type: string, code: number][] = [['application/json', 201], ['Application/JSON; Charset="utf-8"', 201], ['application/json;', 201], ['application/json; charset', 415], ['application/json; charset=a b', 415], ['application/json, text/plain', 415], ['text/yaml', 415], ['application/yaml;a=b;c=d', 201], ['', 201]];
  for (const [type, code] of table) assert.equal(await post(type), code, type);
  assert.equal(await post('text/plain', '&fieldValidation=Maybe'), 415);
  assert.equal(await post('text/plain', '', ''), 415);
});

test('a large collection is watched over HTTP/2 as over HTTP/1.1', async () => {
  await using http = await HttpServer.start();
  for (let i = 0; i < 6; i++) await http.api.create(configMaps, { metadata: { name: `c${i}` }, data: { big: 'x'.repeat(300_000) } });
  const session = connect(`https://127.0.0.1:${http.port}`, { rejectUnauthorized: false });
  const stream = session.request({ ':path': `${configMaps}?watch=1`, authorization: 'Bearer secret' });
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.split('\n').length > 6) break;
  }
  session.destroy();
  assert.deepEqual(text.split('\n').slice(0, 6).map((line) => (JSON.parse(line) as { object: { metadata: { name: string } } }).object.metadata.name), ['c0', 'c1', 'c2', 'c3', 'c4', 'c5']);
});
