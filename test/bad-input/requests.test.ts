import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BadInputServer, configMaps, json } from './server.ts';

const body = (more: object = {}): string => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, ...more });
const noResource = 'the server could not find the requested resource';
const noMethod = 'the server does not allow this method on the requested resource';

describe('requests that cannot be met', () => {
  let server: BadInputServer;
  before(async () => { server = await BadInputServer.start(); });
  after(() => server[Symbol.asyncDispose]());

  test('things that are not there', async () => {
    for (const path of ['/api/v1/nonsense', '/api/v1/namespaces/default/nonsense', '/api/v2', '/api/v2/pods', '/apis/apps/v2', '/apis/apps/v2/deployments', '/api/v1/namespaces/default/pods/none/nosub', `${configMaps}/x/status`, `${configMaps}/x/a/b`, '/apis/apps/v1/deployments/none', '/api/v1/__proto__', '/api/v1/constructor', '/api/v1/namespaces/default/toString', '/api/v1/namespaces/default/pods/x/__proto__']) {
      await server.refuses('GET', path, {}, { code: 404, reason: 'NotFound', message: noResource });
    }
    for (const path of ['/nope', '/apis/nope', '/apis/nope/v1', '/apis/nope/v1/things', '/apis/__proto__/v1/x', '/apis/constructor', '/toString', '/openapi/v3/__proto__', '/healthz/nope', '/%2e%2e/%2e%2e/etc/passwd', '/apis/..%2f..%2f..%2fetc']) {
      const { code, text } = await server.ask('GET', path);
      assert.deepEqual([code, text], [404, '404 page not found\n'], path);
    }
    for (const [path, name] of [[`${configMaps}/none`, 'configmaps'], ['/api/v1/namespaces/none', 'namespaces'], ['/api/v1/namespaces/default/pods/none/log', 'pods'], ['/apis/apps/v1/namespaces/default/deployments/none', 'deployments.apps'], ['/api/v1/nodes/none/status', 'nodes']] as const) {
      await server.refuses('GET', path, {}, { code: 404, reason: 'NotFound', message: `${name} "none" not found` });
    }
    await server.refuses('POST', '/api/v1/namespaces/none/configmaps', { body: body(), headers: json }, { code: 404, reason: 'NotFound', message: 'namespaces "none" not found' });
    await server.refuses('PUT', `${configMaps}/x`, { body: body(), headers: json }, { code: 404, reason: 'NotFound', message: 'configmaps "x" not found' });
    assert.deepEqual((await server.ask('GET', '/api/v1/namespaces/none/configmaps')).json['items'], []);
  });

  test('objects that contradict their address', async () => {
    for (const [object, message] of [
      [{ kind: 'Secret' }, 'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (v1.ConfigMap): unknown conversion'],
      [{ kind: 'Nope' }, /^Nope in version "v1" cannot be handled as a ConfigMap: no kind "Nope" is registered for version "v1" in scheme "/],
      [{ apiVersion: 'apps/v1', kind: 'Deployment' }, 'the API version in the data (apps/v1) does not match the expected API version (v1)'],
      [{ metadata: { name: 'x', namespace: 'other' } }, 'the namespace of the provided object does not match the namespace sent on the request'],
    ] as const) await server.refuses('POST', configMaps, { body: body(object), headers: json }, { code: 400, reason: 'BadRequest', message });
    await server.refuses('PUT', `${configMaps}/y`, { body: body(), headers: json }, { code: 400, reason: 'BadRequest', message: 'the name of the object (x) does not match the name on the URL (y)' });
    await server.refuses('PUT', `${configMaps}/y`, { body: body({ metadata: {} }), headers: json }, { code: 400, reason: 'BadRequest', message: 'the name of the object (y based on URL) was undeterminable: name must be provided' });
  });

  test('names that are none', async () => {
    const none = await server.refuses('POST', configMaps, { body: body({ metadata: {} }), headers: json }, { code: 422, reason: 'Invalid', message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required' });
    assert.deepEqual(none.json.details?.causes, [{ reason: 'FieldValueRequired', message: 'Required value: name or generateName is required', field: 'metadata.name' }]);
    const rule = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')';
    for (const name of ['UPPER', 'a_b', '-a', 'a/b', '..', '.', 'a%b', ' ', 'ä', 'a\u0000']) {
      const reply = await server.refuses('POST', configMaps, { body: body({ metadata: { name } }), headers: json }, { code: 422, reason: 'Invalid', message: /^ConfigMap ".*" is invalid: (metadata\.name: Invalid value|\[metadata\.name: Invalid value)/s });
      assert.ok(reply.json.details?.causes?.some(({ reason, field, message }) => reason === 'FieldValueInvalid' && field === 'metadata.name' && message?.endsWith(rule)), name);
    }
    await server.refuses('POST', configMaps, { body: body({ metadata: { name: 'a'.repeat(254) } }), headers: json }, { code: 422, reason: 'Invalid', message: /: must be no more than 253 (characters|bytes)$/ });
    await server.refuses('POST', configMaps, { body: body({ metadata: { name: 'x', labels: { 'a b': 'c', ok: '_bad_' }, annotations: { 'a b': '' } } }), headers: json }, { code: 422, reason: 'Invalid', message: /^ConfigMap "x" is invalid: \[metadata\.labels: Invalid value: "a b": name part must consist of/ });
  });

  test('writes that come too late or twice', async () => {
    const path = `${configMaps}/late`;
    const late = (more: object = {}): string => JSON.stringify({ metadata: { name: 'late', ...more } });
    const made = await server.ask('POST', configMaps, { body: late(), headers: json });
    const { uid, resourceVersion } = made.json['metadata'] as Record<string, string>;
    await server.refuses('POST', configMaps, { body: late(), headers: json }, { code: 409, reason: 'AlreadyExists', message: 'configmaps "late" already exists' });
    const modified = 'Operation cannot be fulfilled on configmaps "late": the object has been modified; please apply your changes to the latest version and try again';
    await server.refuses('PUT', path, { body: late({ resourceVersion: '1' }), headers: json }, { code: 409, reason: 'Conflict', message: modified });
    await server.refuses('PUT', path, { body: late({ uid: 'other' }), headers: json }, { code: 409, reason: 'Conflict', message: /Precondition failed: UID in precondition: other, UID in object meta: / });
    await server.refuses('DELETE', path, { body: '{"preconditions":{"uid":"other"}}', headers: json }, { code: 409, reason: 'Conflict', message: `Operation cannot be fulfilled on ConfigMap "late": the UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated` });
    await server.refuses('DELETE', path, { body: '{"preconditions":{"resourceVersion":"1"}}', headers: json }, { code: 409, reason: 'Conflict', message: `Operation cannot be fulfilled on ConfigMap "late": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified` });
    await server.refuses('DELETE', `${path}?propagationPolicy=Sideways`, {}, { code: 422, reason: 'Invalid', message: /^DeleteOptions\.meta\.k8s\.io "" is invalid: propagationPolicy: Unsupported value: "Sideways"/ });
    await server.refuses('DELETE', `${path}?gracePeriodSeconds=abc`, {}, { code: 400, reason: 'BadRequest', message: 'strconv.ParseInt: parsing "abc": invalid syntax' });
    assert.equal((await server.ask('GET', path)).code, 200);
  });

  test('methods that a path does not have', async () => {
    for (const [method, path] of [['TRACE', `${configMaps}/x`], ['OPTIONS', `${configMaps}/x`], ['PROPFIND', configMaps], ['PUT', configMaps], ['PATCH', configMaps], ['POST', `${configMaps}/x`], ['DELETE', '/api/v1/namespaces/default/pods/x/log'], ['PUT', '/api/v1/namespaces/default/pods/x/binding'], ['POST', '/api/v1/componentstatuses']] as const) {
      await server.refuses(method, path, { ...(method !== 'TRACE' && { body: '{}', headers: method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : json }) }, { code: 405, reason: 'MethodNotAllowed', message: noMethod });
    }
  });

  test('queries', async () => {
    for (const [query, message] of [
      ['limit=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
      ['limit=99999999999999999999', 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
      ['watch=1&timeoutSeconds=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
      ['resourceVersion=abc', /^invalid resource version: .*strconv\.ParseUint: parsing "abc": invalid syntax$/],
      ['resourceVersion=-1', /strconv\.ParseUint: parsing "-1": invalid syntax$/],
      ['labelSelector=)(', /found '\)', expected: !, identifier, or 'end of string'$/],
      ['labelSelector=a%20in%20(', /unable to parse requirement: found '', expected: ',', '\)' or identifier$/],
      ['labelSelector=a=b%20c', /found 'c', expected: ',' or 'end of string'$/],
      ['fieldSelector=data.a=b', '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"'],
      ['fieldSelector=x', 'invalid selector: \'x\'; can\'t understand \'x\''],
      ['watch=1&fieldSelector=zz%3Dz', '"zz" is not a known field selector: only "metadata.name", "metadata.namespace"'],
      ['continue=garbage', /^invalid continue token: continue key is not valid: /],
      [`continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../../"}').toString('base64url')}`, 'invalid continue token: continue key is not valid: ../../'],
    ] as const) await server.refuses('GET', `${configMaps}?${query}`, {}, { code: 400, reason: 'BadRequest', message });
    for (const query of ['resourceVersionMatch=Exact', 'resourceVersion=1&resourceVersionMatch=Nope', 'sendInitialEvents=true', 'watch=1&sendInitialEvents=true']) {
      await server.refuses('GET', `${configMaps}?${query}`, {}, { code: 422, reason: 'Invalid', message: /^ListOptions\.meta\.k8s\.io "" is invalid: / });
    }
    const unnamed = await server.ask('GET', `${configMaps}?watch=1&resourceVersion=abc`);
    assert.deepEqual([unnamed.code, unnamed.json.message], [500, 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax']);
    const ahead = await server.refuses('GET', `${configMaps}?resourceVersion=999999999`, {}, { code: 504, reason: 'Timeout', message: /^Timeout: Too large resource version: 999999999, current: \d+$/ });
    assert.equal(ahead.json.details?.retryAfterSeconds, 1);
    await server.refuses('POST', `${configMaps}?dryRun=Some`, { body: body(), headers: json }, { code: 422, reason: 'Invalid', message: /^CreateOptions\.meta\.k8s\.io "" is invalid: dryRun: / });
    await server.refuses('POST', `${configMaps}?fieldManager=${'a'.repeat(129)}`, { body: body(), headers: json }, { code: 422, reason: 'Invalid', message: 'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes' });
    for (const query of ['limit=-1', 'limit=1&limit=2', '=&&&=', '%zz=1', 'pretty=maybe', `x=${'y'.repeat(7000)}`, 'exact=maybe']) assert.equal((await server.ask('GET', `${configMaps}?${query}`)).code, 200, query);
  });

  test('paths that try to be cleverer', async () => {
    for (const path of [`${configMaps}/%ff`, `${configMaps}/%zz`, `${configMaps}/%`, `${configMaps}/%c0%ae`]) {
      const { code, text } = await server.ask('GET', path);
      assert.equal(code, 400, path);
      assert.match(text, /invalid URL escape/);
    }
    await server.refuses('GET', `${configMaps}/..%2F..%2Fsecrets`, {}, { code: 404, reason: 'NotFound', message: 'configmaps "../../secrets" not found' });
    await server.refuses('GET', `${configMaps}/a%00b`, {}, { code: 404, reason: 'NotFound', message: 'configmaps "a\u0000b" not found' });
    await server.refuses('GET', `${configMaps}/${'a'.repeat(7000)}`, {}, { code: 404, reason: 'NotFound', message: /not found$/ });
    // Who may read ConfigMaps of one namespace must not get further by writing the path in another way.
    for (const path of ['/api/v1/namespaces/default/configmaps/../secrets', '/api/v1/namespaces/default/configmaps/../../../nodes', '/api/v1//nodes', '/api/v1/namespaces/%2e%2e/secrets', '/api/./v1/nodes', '/API/v1/nodes', '/api/v1/namespaces/default/..%2fnodes/x', '//api//v1//secrets']) {
      const { code } = await server.ask('GET', path, { token: 'weak-token' });
      assert.equal(code, 403, path);
    }
    for (const path of [`/api/${'a/'.repeat(3000)}`, `/apis/${'..%2f'.repeat(500)}`, '/api/v1/watch', '/api/v1/watch/', '/api/v1/proxy/x', '*']) assert.ok([400, 404].includes((await server.ask('GET', path)).code), path);
  });

  test('afterwards the server is as well as ever', () => server.isWell());
});
