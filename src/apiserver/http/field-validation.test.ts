import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeProtobuf } from '../../api/codec/protobuf.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import { HttpServer } from '../testing/https-server.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const json = 'application/json';

/** A Deployment with one unknown and one duplicate field. */
const body = (more = '"unknown": 1, "paused": true, "paused": true,'): string => `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{${more} "replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}`;
const yaml = `apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  unknown: 1
  paused: true
  paused: true
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i, imagePullPolicy: Always, imagePullPolicy: Never}]}}
`;

interface Expected { readonly code: number; readonly message?: string; readonly warnings: readonly string[] }

async function ask(http: HttpServer, method: string, path: string, content: string | Buffer, type: string): Promise<Expected> {
  const { code, json: answer, headers } = await http.ask(method, path, content, { 'content-type': type });
  const warnings = [headers['warning'] ?? []].flat().flatMap((text) => text.split(/, (?=299 )/)).map((text) => /^299 - "(.*)"$/.exec(text)![1]!.replaceAll(String.raw`\"`, '"'));
  return { code, ...(code >= 400 && { message: answer.message }), warnings };
}

const both = ['unknown field "spec.unknown"', 'duplicate field "spec.paused"'];
const refused = 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error:';

const bodies: [what: string, query: string, content: string, type: string, expected: Expected][] = [
  ['JSON, by default', '', body(), json, { code: 201, warnings: both }],
  ['JSON, Warn', '&fieldValidation=Warn', body(), json, { code: 201, warnings: both }],
  ['JSON, Ignore', '&fieldValidation=Ignore', body(), json, { code: 201, warnings: [] }],
  ['JSON, Strict', '&fieldValidation=Strict', body(), json, { code: 400, message: `${refused} ${both.join(', ')}`, warnings: [] }],
  ['JSON that is in order', '&fieldValidation=Strict', body(''), json, { code: 201, warnings: [] }],
  ['names differ by their case', '&fieldValidation=Strict', body('"Paused": true, "paused": false,'), json, { code: 400, message: `${refused} unknown field "spec.Paused"`, warnings: [] }],
  ['what an unknown field has in it is not looked at', '', body('"u": {"x": 1, "x": 2},'), json, { code: 201, warnings: ['unknown field "spec.u"'] }],
  ['YAML, Strict', '&fieldValidation=Strict', yaml, 'application/yaml', { code: 400, message: `${refused} yaml: unmarshal errors:\n  line 7: key "paused" already set in map\n  line 9: key "imagePullPolicy" already set in map, unknown field "spec.unknown"`, warnings: [] }],
  ['YAML, Warn', '&fieldValidation=Warn', yaml, 'application/yaml', { code: 201, warnings: ['line 7: key "paused" already set in map', 'line 9: key "imagePullPolicy" already set in map', 'unknown field "spec.unknown"'] }],
  ['YAML, Ignore', '&fieldValidation=Ignore', yaml, 'application/yaml', { code: 201, warnings: [] }],
  ['another word', '&fieldValidation=Maybe', body(), json, { code: 422, message: 'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"', warnings: [] }],
  ['a value of the wrong type trumps fields', '&fieldValidation=Strict', body('"unknown": 1, "paused": "yes",'), json, { code: 400, message: 'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool', warnings: [] }],
];

const patched = (detail: string, value: string): string => ` "" is invalid: patch: Invalid value: ${JSON.stringify(value)}: ${detail}`;

const patches: [what: string, query: string, content: string, type: string, code: number, message: string | RegExp, warnings?: readonly string[]][] = [
  ['merge, by default', '', '{"spec":{"x":1,"paused":true,"paused":true}}', 'merge-patch', 200, '', ['duplicate field "spec.paused"', 'unknown field "spec.x"']],
  ['merge, Strict', '&fieldValidation=Strict', '{"spec":{"x":1,"paused":true,"paused":true}}', 'merge-patch', 422, / "" is invalid: patch: Invalid value: "\{.*\\"x\\":1.*\}": strict decoding error: duplicate field "spec\.paused", unknown field "spec\.x"$/s],
  ['strategic, Strict', '&fieldValidation=Strict', '{"spec":{"x":1,"paused":true,"paused":true}}', 'strategic-merge-patch', 422, patched('strict decoding error: duplicate field "spec.paused", unknown field "spec.x"', 'map[spec:map[paused:true x:1]]')],
  ['JSON patch, Strict', '&fieldValidation=Strict', '[{"op":"add","path":"/spec/x","value":1,"foo":2,"op":"add"}]', 'json-patch', 422, /strict decoding error: json patch unknown field "\[0\]\.foo", json patch duplicate field "\[0\]\.op", unknown field "spec\.x"$/],
  ['JSON patch, by default', '', '[{"op":"add","path":"/spec/x","value":1,"foo":2}]', 'json-patch', 200, '', ['json patch unknown field "[0].foo"', 'unknown field "spec.x"']],
  ['merge, a value of the wrong type', '', '{"spec":{"replicas":"x"}}', 'merge-patch', 422, /: json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32$/],
  ['strategic, a value of the wrong type', '', '{"spec":{"replicas":"x"}}', 'strategic-merge-patch', 422, patched('unrecognized type: int32', 'map[spec:map[replicas:x]]')],
  ['strategic, text for a struct', '', '{"spec":{"template":{"spec":{"securityContext":"x"}}}}', 'strategic-merge-patch', 422, patched('cannot restore struct from: string', 'map[spec:map[template:map[spec:map[securityContext:x]]]]')],
  ['JSON patch that is no list', '', '{}', 'json-patch', 400, 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
  ['JSON patch that is no JSON', '', '[', 'json-patch', 400, 'error decoding patch: unexpected end of JSON input'],
];

test('field validation of objects', async (t) => {
  await using http = await HttpServer.start();
  for (const [what, query, content, type, expected] of bodies) {
    await t.test(what, async () => {
      assert.deepEqual(await ask(http, 'POST', `${deployments}?dryRun=All${query}`, content, type), expected);
    });
  }
});

test('field validation of patches', async (t) => {
  await using http = await HttpServer.start();
  await http.ask('POST', deployments, body(''), { 'content-type': json });
  for (const [what, query, content, type, code, message, warnings = []] of patches) {
    await t.test(what, async () => {
      const answer = await ask(http, 'PATCH', `${deployments}/d?dryRun=All${query}`, content, `application/${type}+json`);
      assert.equal(answer.code, code, answer.message);
      if (typeof message === 'string') assert.equal(answer.message ?? '', message);
      else assert.match(answer.message!, message);
      assert.deepEqual(answer.warnings, warnings);
    });
  }
});

test('upstream stops at a hundred', async () => {
  await using http = await HttpServer.start();
  const many = Array.from({ length: 150 }, (_, i) => `"u${i}": 1,`).join('');
  const { message } = await ask(http, 'POST', `${deployments}?fieldValidation=Strict`, body(many), json);
  assert.equal(message!.match(/unknown field/g)!.length, 100);
});

test('protobuf has no fields that nobody knows: strictness changes nothing', async () => {
  await using http = await HttpServer.start();
  const bytes = Buffer.from(encodeProtobuf(JSON.parse(body('')) as object, builtinSchema.kind('apps', 'v1', 'Deployment')!));
  assert.deepEqual(await ask(http, 'POST', `${deployments}?fieldValidation=Strict`, bytes, 'application/vnd.kubernetes.protobuf'), { code: 201, warnings: [] });
});

test('owners that are named twice are kept once', async () => {
  await using http = await HttpServer.start();
  const configMaps = '/api/v1/namespaces/default/configmaps';
  const owner = (uid: string, more = {}) => ({ apiVersion: 'v1', kind: 'Pod', name: 'p', uid, ...more });
  const told = (when = ''): string => `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: a, b`;
  const ownerReferences = [owner('a'), owner('b'), owner('a'), owner('a', { controller: true }), owner('b')];
  assert.deepEqual(await ask(http, 'POST', configMaps, JSON.stringify({ metadata: { name: 'x', ownerReferences } }), json), { code: 201, warnings: [told()] });
  assert.deepEqual((await http.api.get(`${configMaps}/x`)).metadata.ownerReferences, [owner('a'), owner('b'), owner('a', { controller: true })]);
  assert.deepEqual(await ask(http, 'PATCH', `${configMaps}/x`, JSON.stringify({ metadata: { ownerReferences } }), 'application/merge-patch+json'), { code: 200, warnings: [told(' after mutating admission happens')] });
});
