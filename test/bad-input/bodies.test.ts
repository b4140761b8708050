import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BadInputServer, configMaps, json, yaml } from './server.ts';

const configMap = (more: object): string => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, ...more });
const protobuf = { 'content-type': 'application/vnd.kubernetes.protobuf' };
const dry = `${configMaps}?dryRun=All`;
const cannot = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: ';

describe('bodies that are not what they should be', () => {
  let server: BadInputServer;
  before(async () => { server = await BadInputServer.start(); });
  after(() => server[Symbol.asyncDispose]());
  /** A POST that is refused as BadRequest. */
  const bad = (body: string | Buffer, message: string | RegExp, headers: Record<string, string> = json, path = dry) => server.refuses('POST', path, { body, headers }, { code: 400, reason: 'BadRequest', message });

  test('unknown and duplicate fields: refused, told or passed over, as fieldValidation asks', async () => {
    const unknown = '{"metadata":{"name":"x","nam":1},"dat":1}';
    const twice = '{"metadata":{"name":"x","name":"z"},"data":{"a":"1","a":"2"}}';
    await bad(unknown, `${cannot}strict decoding error: unknown field "metadata.nam", unknown field "dat"`, json, `${dry}&fieldValidation=Strict`);
    await bad(twice, `${cannot}strict decoding error: duplicate field "metadata.name", duplicate field "data.a"`, json, `${dry}&fieldValidation=Strict`);
    for (const [body, problems] of [[unknown, ['unknown field "metadata.nam"', 'unknown field "dat"']], [twice, ['duplicate field "metadata.name"', 'duplicate field "data.a"']]] as const) {
      const warned = await server.ask('POST', `${dry}&fieldValidation=Warn`, { body, headers: json });
      assert.equal(warned.code, 201);
      assert.equal(warned.headers['warning'], problems.map((problem) => `299 - ${JSON.stringify(problem)}`).join(', '));
      const ignored = await server.ask('POST', `${dry}&fieldValidation=Ignore`, { body, headers: json });
      assert.equal(ignored.code, 201);
      assert.equal(ignored.headers['warning'], undefined);
    }
    await server.refuses('POST', `${dry}&fieldValidation=strict`, { body: unknown, headers: json }, { code: 422, reason: 'Invalid', message: 'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "strict": supported values: "", "Ignore", "Strict", "Warn"' });
    await server.refuses('PATCH', '/api/v1/namespaces/default?fieldValidation=Strict', { body: '{"spe":{}}', headers: { 'content-type': 'application/merge-patch+json' } }, { code: 422, reason: 'Invalid', message: /^ "" is invalid: patch: Invalid value: ".*": strict decoding error: unknown field "spe"$/ });
  });

  test('the same in YAML', async () => {
    const twice = 'metadata:\n  name: x\n  name: z\ndata:\n  a: "1"\n  a: "2"\nfoo: 1\n';
    await bad(twice, `${cannot}strict decoding error: yaml: unmarshal errors:\n  line 3: key "name" already set in map\n  line 6: key "a" already set in map, unknown field "foo"`, yaml, `${dry}&fieldValidation=Strict`);
    const warned = await server.ask('POST', dry, { body: twice, headers: yaml });
    assert.equal(warned.code, 201);
    assert.match(warned.headers['warning'] as string, /line 3: key \\"name\\" already set in map.*line 6: key \\"a\\" already set in map.*unknown field \\"foo\\"/);
    assert.deepEqual(warned.json['data'], { a: '2' });
  });

  test('JSON that is none', async () => {
    for (const [body, message] of [
      ['{"a":', /json parse error: unexpected end of JSON input/],
      ['{a:1}', /json parse error: invalid character 'a' looking for beginning of object key string/],
      ['hello', /json parse error: invalid character 'h' looking for beginning of value/],
      ['{} {}', /json parse error: invalid character '\{' after top-level value/],
      ['{"metadata":{"name":"a\u0000b"}}', /json parse error: invalid character '\\x00' in string literal/],
      ['[]', /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: json: cannot unmarshal array into Go value of type struct/],
      ['5', /json: cannot unmarshal number into Go value of type struct/],
      ['"x"', /json: cannot unmarshal string into Go value of type struct/],
    ] as const) await bad(body, message);
    await bad('', /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: unexpected end of JSON input/);
  });

  test('values of the wrong type', async () => {
    for (const [body, message] of [
      ['{"metadata":{"name":5}}', 'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string'],
      ['{"metadata":[]}', 'json: cannot unmarshal array into Go struct field ConfigMap.metadata of type v1.ObjectMeta'],
      ['{"data":{"a":1}}', 'json: cannot unmarshal number into Go struct field ConfigMap.data of type string'],
      ['{"metadata":{"name":"x","creationTimestamp":"yesterday"}}', 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
      ['{"metadata":{"name":"x"},"binaryData":{"a":"***"}}', 'illegal base64 data at input byte 0'],
      ['{"metadata":{"name":"x","generation":1.5}}', 'json: cannot unmarshal number 1.5 into Go struct field ObjectMeta.metadata.generation of type int64'],
    ] as const) await bad(body, `${cannot}${message}`);
    for (const number of ['1e400', '99999999999999999999', '-1e999', `1${'0'.repeat(100_000)}`]) {
      const reply = await server.refuses('POST', dry, { body: `{"metadata":{"name":"x","generation":${number}}}`, headers: json }, { code: 400, reason: 'BadRequest', message: /json: cannot unmarshal number .* into Go struct field ObjectMeta\.metadata\.generation of type int64$/ });
      assert.ok(reply.text.length < 200_000);
    }
    for (const quantity of ['1e999999999', '9'.repeat(100_000), '0.000000000000000000000000000001', 'x', '-']) {
      const claim = { metadata: { name: 'x' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: quantity } } } };
      const reply = await server.ask('POST', '/api/v1/namespaces/default/persistentvolumeclaims?dryRun=All', { body: JSON.stringify(claim), headers: json });
      assert.ok([201, 400, 422].includes(reply.code), `${quantity.slice(0, 40)}: ${reply.text.slice(0, 300)}`);
    }
  });

  test('nesting without end', async () => {
    for (const body of ['['.repeat(100_000), '{"a":'.repeat(100_000), `{"metadata":{"name":"x"},"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`]) await bad(body, /exceeded max depth/);
    for (const body of ['- '.repeat(100_000), '? '.repeat(50_000), '['.repeat(100_000), '[a,'.repeat(50_000), '{a: '.repeat(50_000), Array.from({ length: 1500 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'a: &a\n  b: *a\n']) {
      await bad(body, /^the object provided is unrecognized \(must be of type ConfigMap\): yaml: exceeded max depth \(/, yaml);
    }
    const schema = (depth: number): unknown => (depth === 0 ? { type: 'string' } : { type: 'object', properties: { a: schema(depth - 1) } });
    const crd = { metadata: { name: 'a.b.c' }, spec: { group: 'b.c', names: { kind: 'A', plural: 'a' }, scope: 'Cluster', versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema(2000) } }] } };
    await bad(JSON.stringify(crd), /exceeded max depth/, json, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All');
  });

  test('YAML that is none, or a bomb', async () => {
    for (const [body, message] of [
      ['a: [\n', /yaml: line 2: /],
      ['a:\n\t- b', /yaml: line 2: /],
      ['a: 1\n---\nb: 2\n', /expected a single document in the stream but found 2/],
      ['hello', /cannot unmarshal string into Go value/],
      ['a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n', /Excessive alias count/],
      ['!!js/function "x"', /cannot unmarshal string into Go value/],
    ] as const) await bad(body, message, yaml);
    // A map with many keys takes time in proportion, not to its square: this took 40 s once.
    const keys = Array.from({ length: 60_000 }, (_, i) => `a${i}: 1`).join('\n');
    const before = process.cpuUsage();
    await server.ask('POST', dry, { body: keys, headers: yaml });
    assert.ok(process.cpuUsage(before).user < 10_000_000);
  });

  test('names that JavaScript has a use for are names like any other', async () => {
    await bad('{"metadata":{"name":"x"},"__proto__":{"polluted":1}}', `${cannot}strict decoding error: unknown field "__proto__"`, json, `${dry}&fieldValidation=Strict`);
    const data = '{"__proto__":"a","constructor":"b","toString":"c","hasOwnProperty":"d"}';
    const path = `${configMaps}/names`;
    for (const [method, at, body, headers] of [
      ['POST', configMaps, `{"metadata":{"name":"names","__proto__":{"polluted":1}},"constructor":{"prototype":{"polluted":1}},"data":${data}}`, json],
      ['POST', configMaps, 'metadata: {name: yaml}\ndata: {__proto__: a, constructor: b, toString: c, hasOwnProperty: d}\n', yaml],
      ['PATCH', path, '{"__proto__":{"polluted":1},"data":{"__proto__":"a"}}', { 'content-type': 'application/merge-patch+json' }],
      ['PATCH', path, '{"__proto__":{"polluted":1},"data":{"__proto__":"a"}}', { 'content-type': 'application/strategic-merge-patch+json' }],
      ['PATCH', path, '[{"op":"replace","path":"/data/__proto__","value":"a"}]', { 'content-type': 'application/json-patch+json' }],
      ['PUT', path, `{"metadata":{"name":"names"},"data":${data}}`, json],
    ] as const) {
      const reply = await server.ask(method, at, { body, headers });
      assert.ok(reply.code < 300, reply.text);
      assert.equal(JSON.stringify(reply.json['data']), data, `${method} ${String(headers['content-type'])}`);
    }
    const inProtobuf = await server.ask('GET', path, { headers: { accept: 'application/vnd.kubernetes.protobuf' } });
    assert.ok(inProtobuf.text.includes('__proto__') && inProtobuf.text.includes('hasOwnProperty'));
    for (const pointer of ['/__proto__/polluted', '/constructor/prototype/polluted', '/data/constructor/prototype']) {
      await server.refuses('PATCH', path, { body: JSON.stringify([{ op: 'add', path: pointer, value: 1 }]), headers: { 'content-type': 'application/json-patch+json' } }, { code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request' });
    }
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  test('too large', async () => {
    const message = 'Request entity too large: limit is 3145728';
    const body = configMap({ data: { a: 'x'.repeat(3_300_000) } });
    await server.refuses('POST', configMaps, { body, headers: json }, { code: 413, reason: 'RequestEntityTooLarge', message });
    await server.refuses('POST', configMaps, { body, headers: json, chunked: true }, { code: 413, reason: 'RequestEntityTooLarge', message });
    const most = await server.ask('POST', dry, { body: configMap({ data: { a: 'x'.repeat(1_048_576) } }), headers: json });
    assert.equal(most.code, 201);
    await server.refuses('POST', dry, { body: configMap({ data: { a: 'x'.repeat(1_048_577) } }), headers: json }, { code: 422, reason: 'Invalid', message: 'ConfigMap "x" is invalid: []: Too long: may not be more than 1048576 bytes' });
  });

  test('content types and Accept', async () => {
    for (const type of ['text/plain', 'application/cbor', 'application/xml', 'multipart/form-data']) {
      await server.refuses('POST', configMaps, { body: '{}', headers: { 'content-type': type } }, { code: 415, reason: 'UnsupportedMediaType', message: 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf' });
    }
    await server.refuses('PATCH', `${configMaps}/x`, { body: '{}', headers: json }, { code: 415, reason: 'UnsupportedMediaType', message: '415: Unsupported Media Type' });
    for (const accept of ['text/html', 'image/png', 'application/xml, text/plain', 'application/*']) {
      await server.refuses('GET', `${configMaps}/x`, { headers: { accept } }, { code: 406, reason: 'NotAcceptable', message: '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf' });
    }
    await server.refuses('GET', `${configMaps}/x`, { headers: { accept: 'application/json;as=Nonsense;v=v1;g=meta.k8s.io' } }, { code: 406, reason: 'NotAcceptable', message: 'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf' });
    const charset = await server.ask('POST', dry, { body: configMap({}), headers: { 'content-type': 'Application/JSON; charset=utf-8' } });
    assert.equal(charset.code, 201);
  });

  test('protobuf that is none', async () => {
    await bad('garbage', 'the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (67617262616765)', protobuf);
    const prefix = [0x6b, 0x38, 0x73, 0];
    for (const bytes of [[], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x0a, 0xff, 0xff, 0xff, 0x7f], [0x12, 0x05, 0x01], Array.from({ length: 50_000 }, () => 0x0b), Array.from({ length: 5000 }, (_, i) => (i * 7919) & 0xff)]) {
      await bad(Buffer.from([...prefix, ...bytes]), /./, protobuf);
    }
  });

  test('patches', async () => {
    await server.ask('POST', configMaps, { body: JSON.stringify({ metadata: { name: 'patched' }, data: { a: 'b' } }), headers: json });
    const path = `${configMaps}/patched`;
    const patch = (type: string, body: string, code: number, reason: string, message: string | RegExp) => server.refuses('PATCH', path, { body, headers: { 'content-type': `application/${type}+json` } }, { code, reason, message });
    const rejected = 'the server rejected our request due to an error in our request';
    for (const operations of [
      [{ op: 'nope', path: '/a' }], [{ op: 'remove', path: '/none' }], [{ op: 'test', path: '/data/a', value: 'c' }], [{ op: 'add', path: '/metadata/finalizers/99999999', value: 'a' }], [{ op: 'add', value: 1 }], [{ op: 'add', path: 'a', value: 1 }],
      // Each copy doubles what is there.
      Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '/data', path: `/data/k${i}` })),
      [{ op: 'add', path: '/data', value: { a: 'x'.repeat(100_000) } }, ...Array.from({ length: 5000 }, (_, i) => ({ op: 'copy', from: '/data/a', path: `/data/k${i}` }))],
    ]) await patch('json-patch', JSON.stringify(operations), 422, 'Invalid', rejected);
    await patch('json-patch', JSON.stringify(Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/a', value: 'b' }))), 413, 'RequestEntityTooLarge', 'The allowed maximum operations in a JSON patch is 10000, got 10001');
    await patch('json-patch', '{}', 400, 'BadRequest', 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp');
    await patch('merge-patch', '[]', 400, 'BadRequest', /cannot unmarshal array into Go value of type map\[string\]interface \{\}/);
    await patch('merge-patch', '{"a"', 400, 'BadRequest', /unexpected end of JSON input/);
    await patch('strategic-merge-patch', '[]', 400, 'BadRequest', /cannot unmarshal array into Go value of type map\[string\]interface \{\}/);
    await patch('merge-patch', '{"metadata":{"resourceVersion":"1"}}', 409, 'Conflict', 'Operation cannot be fulfilled on configmaps "patched": the object has been modified; please apply your changes to the latest version and try again');
    await patch('merge-patch', '{"metadata":{"name":"other"}}', 400, 'BadRequest', 'the name of the object (other) does not match the name on the URL (patched)');
    await server.refuses('PATCH', `${configMaps}/none`, { body: '{}', headers: { 'content-type': 'application/merge-patch+json' } }, { code: 404, reason: 'NotFound', message: 'configmaps "none" not found' });
    const now = await server.ask('GET', path);
    assert.deepEqual(now.json['data'], { a: 'b' });
  });

  test('afterwards the server is as well as ever, and not swollen', async () => {
    await server.isWell();
    globalThis.gc?.();
    assert.ok(process.memoryUsage().rss < 1_000_000_000, `${process.memoryUsage().rss}`);
  });
});
