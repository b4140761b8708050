/** Definitions, rules, patterns and webhooks that are wrong or hostile, over HTTPS against a whole API server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AdmissionResponse } from '../../src/apiserver/testing/admission-hook.ts';
import { AdmissionHook } from '../../src/apiserver/testing/admission-hook.ts';
import type { LoopbackAnswer } from '../../src/apiserver/testing/loopback-server.ts';
import { LoopbackServer } from '../../src/apiserver/testing/loopback-server.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import type { Reply } from './server.ts';
import { BadInputServer, configMaps, json, yaml } from './server.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const text = { type: 'string' };

/** A definition of `PLURAL.bad.example.com` whose spec has this schema. */
const definitionOf = (plural: string, spec: object, more: object = {}): object => ({
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.bad.example.com` },
  spec: { group: 'bad.example.com', scope: 'Namespaced', names: { plural, kind: plural.toUpperCase() }, versions: ['v1', 'v2'].map((name) => ({ name, served: true, storage: name === 'v1', schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } })), ...more },
});
const instances = (plural: string, version = 'v1'): string => `/apis/bad.example.com/${version}/namespaces/default/${plural}`;
const instance = (plural: string, name: string, spec: unknown): string => JSON.stringify({ apiVersion: 'bad.example.com/v1', kind: plural.toUpperCase(), metadata: { name }, spec });

describe('custom resources and webhooks that mean ill', () => {
  let server: BadInputServer;
  before(async () => { server = await BadInputServer.start(); });
  after(() => server[Symbol.asyncDispose]());

  const post = (path: string, body: string | object): Promise<Reply> => server.ask('POST', path, { headers: json, body: typeof body === 'string' ? body : JSON.stringify(body) });
  async function define(plural: string, spec: object, more: object = {}): Promise<void> {
    const reply = await post(definitions, definitionOf(plural, spec, more));
    assert.equal(reply.code, 201, reply.text);
    for (let tries = 0; (await server.ask('GET', instances(plural))).code !== 200; tries++) {
      assert.ok(tries < 500);
      await new RealClock().sleep(5);
    }
  }

  test('schemas that are not structural, refer to themselves, or never end', async () => {
    const at = 'spec.validation.openAPIV3Schema.properties[spec]';
    for (const [spec, message] of [
      [{ $ref: '#/properties/spec' }, `${at}.$ref: Forbidden: $ref is not supported`],
      [{}, `${at}.type: Required value: must not be empty for specified object fields`],
      [{ type: 'object', properties: { a: { properties: { b: text } } } }, `${at}.properties[a].type: Required value: must not be empty for specified object fields`],
      [{ type: 'array' }, `${at}.items: Required value: must be specified`],
      [{ type: 'object', properties: { a: text }, additionalProperties: text }, `${at}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
      [{ type: 'object', anyOf: [{ properties: { a: { type: 'string', default: 'x' } } }] }, `${at}.anyOf[0].properties[a].type: Forbidden: must be empty to be structural`],
      [{ type: 'array', uniqueItems: true, items: text }, `${at}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`],
      [{ type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-int-or-string': true }, at],
    ] as const) {
      const reply = await post(definitions, definitionOf('a', spec));
      assert.ok(reply.code === 422 && reply.json.message?.includes(message), `${JSON.stringify(spec)}: ${reply.code} ${reply.text.slice(0, 1000)}`);
    }
    // YAML may refer to itself; an object of the API cannot.
    const cyclic = 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.bad.example.com}\nspec: &loop\n  group: bad.example.com\n  again: *loop\n';
    assert.equal((await server.ask('POST', definitions, { headers: yaml, body: cyclic })).code, 400);
    for (const depth of [500, 5000, 50_000]) {
      const deep = JSON.stringify(definitionOf('a', { type: 'object' })).replaceAll('"spec":{"type":"object"}', `"spec":${'{"type":"object","properties":{"a":'.repeat(depth)}{"type":"string"}${'}}'.repeat(depth)}`);
      const { code } = await post(definitions, deep);
      assert.ok([201, 400, 413, 422].includes(code), `${depth}: ${code}`);
      await server.ask('DELETE', `${definitions}/a.bad.example.com`);
    }
    await server.isWell();
  });

  test('fields called like what every object of JavaScript has', async () => {
    await define('protos', { type: 'object', properties: { constructor: { ...text, default: 'c' }, toString: text } });
    const sent = '{"apiVersion":"bad.example.com/v1","kind":"PROTOS","metadata":{"name":"p"},"spec":{"toString":"t","__proto__":{"polluted":true},"valueOf":"v"}}';
    const made = await post(instances('protos'), sent);
    assert.deepEqual([made.code, Object.entries(made.json['spec'] as object).toSorted()], [201, [['constructor', 'c'], ['toString', 't']]]);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    const strict = await server.ask('POST', `${instances('protos')}?fieldValidation=Strict`, { headers: json, body: sent.replace('"p"', '"q"') });
    assert.ok(strict.code === 400 && /unknown field "spec\.__proto__".*unknown field "spec\.valueOf"/.test(strict.json.message ?? ''), strict.text);
  });

  test('patterns that explode elsewhere, and those that are too large', async () => {
    await define('patterns', { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' }, b: { type: 'string', pattern: '^(a|a)*b$' }, c: { type: 'string', pattern: '(x+x+)+y' } } });
    const long = 'a'.repeat(200_000);
    const refused = await post(instances('patterns'), instance('patterns', 'p', { a: `${long}!`, b: long, c: 'x'.repeat(200_000) }));
    assert.deepEqual([refused.code, refused.json.details?.causes?.map(({ field }) => field).toSorted()], [422, ['spec.a', 'spec.b', 'spec.c']]);
    for (const pattern of ['((a{1000}){1000}){1000}', '(?<=a)b', '(a)\\1', '('.repeat(5000), 'a{1001}']) {
      const reply = await post(definitions, definitionOf('a', { type: 'object', properties: { p: { type: 'string', pattern } } }));
      assert.ok(reply.code === 422 && reply.json.message?.includes('must be a valid regular expression, but isn\'t'), `${pattern.slice(0, 40)}: ${reply.code} ${reply.text.slice(0, 300)}`);
    }
    await server.isWell();
  });

  test('rules that loop: refused when they could, ended when they do', async () => {
    const lists = { type: 'object', properties: { l: { type: 'array', items: { type: 'integer' } } } };
    const loops = 'self.l.all(a, self.l.all(b, self.l.all(c, self.l.all(d, a + b + c + d > -1))))';
    const costly = await post(definitions, definitionOf('a', { ...lists, 'x-kubernetes-validations': [{ rule: loops }] }));
    assert.ok(costly.code === 422 && /estimated rule cost exceeds budget by factor of/.test(costly.json.message ?? ''), costly.text);
    const bounded = { type: 'object', properties: { l: { type: 'array', maxItems: 100, items: { type: 'integer' } } } };
    const pairs = 'self.l.all(a, self.l.all(b, a + b > -1))';
    await define('rules', { type: 'array', maxItems: 2, items: { ...bounded, 'x-kubernetes-validations': [{ rule: pairs }] } });
    assert.equal((await post(instances('rules'), instance('rules', 'r', [{ l: Array.from({ length: 100 }, (_, n) => n) }]))).code, 201);
    const wide = await post(instances('rules'), instance('rules', 's', Array.from({ length: 200 }, () => ({ l: Array.from({ length: 100 }, (_, n) => n) }))));
    assert.equal(wide.code, 422);
    for (const rule of ['('.repeat(5000), `self${'.l'.repeat(5000)}`, 'x'.repeat(200_000), 'self.l.map(x, x).map(', '\u0000', '"' ]) {
      const reply = await post(definitions, definitionOf('a', { ...bounded, 'x-kubernetes-validations': [{ rule }] }));
      assert.ok(reply.code === 422 && /compilation failed|ERROR|exceeds|Too long/i.test(reply.json.message ?? ''), `${rule.slice(0, 40)}: ${reply.code} ${reply.text.slice(0, 300)}`);
    }
    await server.isWell();
  });

  test('conversion webhooks that hang, change what they must not, or show a wrong certificate', async () => {
    const held = Promise.withResolvers<LoopbackAnswer>();
    interface Review { readonly request: { readonly uid: string; readonly objects: readonly { readonly metadata: object }[] } }
    let respond = ({ request: { uid, objects } }: Review): LoopbackAnswer | Promise<LoopbackAnswer> => ({ body: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response: { uid, result: { status: 'Success' }, convertedObjects: objects.map((object) => ({ ...object, apiVersion: 'bad.example.com/v2', metadata: { ...object.metadata, uid: 'stolen' } })) } } });
    await using hook = await LoopbackServer.start(({ body }) => respond(body as Review));
    await using stranger = await LoopbackServer.start(() => ({ body: {} }), { names: ['elsewhere.example.com'] });
    const conversion = (url: string): object => ({ strategy: 'Webhook', webhook: { clientConfig: { url: `${url}/convert`, caBundle: btoa(hook.ca) }, conversionReviewVersions: ['v1'] } });
    await define('lies', { type: 'object', properties: { a: text } }, { conversion: conversion(hook.url) });
    await post(instances('lies'), instance('lies', 'l', { a: '1' }));
    const stolen = await server.ask('GET', `${instances('lies', 'v2')}/l`);
    assert.deepEqual([stolen.code, /must have the same UID: [0-9a-f-]+ != stolen$/.test(stolen.json.message ?? '')], [500, true], stolen.text);

    // One that hangs holds up who waits for it, and nobody else.
    respond = () => held.promise;
    const waiting = server.ask('GET', `${instances('lies', 'v2')}/l`);
    assert.equal((await server.ask('GET', `${instances('lies')}/l`)).code, 200);
    await server.isWell();
    held.resolve('hang up');
    assert.equal((await waiting).code, 500);

    const path = `${definitions}/lies.bad.example.com`;
    const patch = (value: unknown): Promise<Reply> => server.ask('PATCH', path, { headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ spec: { conversion: value } }) });
    const refused = await patch({ webhook: { clientConfig: { caBundle: btoa('no certificate') } } });
    assert.ok(refused.code === 422 && refused.json.message?.includes('spec.conversion.webhookClientConfig.caBundle: Invalid value'), refused.text);
    assert.equal((await patch(conversion(stranger.url))).code, 200);
    const elsewhere = await server.ask('GET', `${instances('lies', 'v2')}/l`);
    assert.ok(elsewhere.code === 500 && /x509: cannot validate certificate for 127\.0\.0\.1/.test(elsewhere.json.message ?? ''), elsewhere.text);
    // Whoever defined it gets rid of it.
    assert.equal((await server.ask('DELETE', path)).code, 200);
    await server.isWell();
  });

  test('admission webhooks whose patches break the object, or would fill the memory', async () => {
    let answer: AdmissionResponse = { allowed: true };
    await using hook = await AdmissionHook.start(() => answer);
    const configuration = { metadata: { name: 'bad' }, webhooks: [{ name: 'bad.example.com', clientConfig: hook.clientConfig('/x'), rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }], objectSelector: { matchLabels: { judged: 'yes' } }, sideEffects: 'None', admissionReviewVersions: ['v1'] }] };
    const made = await post('/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', configuration);
    assert.equal(made.code, 201, made.text);
    const create = (): Promise<Reply> => post(configMaps, { metadata: { name: 'judged', labels: { judged: 'yes' } }, data: { a: 'x'.repeat(1000) } });
    for (const [patch, code, message] of [
      [[{ op: 'replace', path: '/kind', value: 'Secret' }], 500, /kind|Secret/],
      [[{ op: 'replace', path: '', value: null }], 500, /./],
      [[{ op: 'replace', path: '', value: [] }], 500, /./],
      [[{ op: 'remove', path: '/metadata' }], 422, /name or generateName is required|metadata\.name/],
      [[{ op: 'replace', path: '/metadata/name', value: '../x' }], 422, /metadata\.name/],
      [[{ op: 'remove', path: '/metadata/labels' }, { op: 'add', path: '/metadata/labels/a', value: 'b' }], 500, /./],
      [[{ op: 'replace', path: '/metadata/namespace', value: 'kube-system' }], 400, /namespace/],
      [[{ op: 'add', path: '/metadata/ownerReferences', value: [{ kind: 'X' }] }], 422, /metadata\.ownerReferences/],
      [[{ op: 'add', path: '/data/b', value: 'x'.repeat(1_100_000) }], 422, /Too long/],
      // Each copy doubles what there is.
      [Array.from({ length: 40 }, (_, n) => ({ op: 'copy', from: '/data', path: `/data/b${n}` })), 500, /./],
      ['nonsense', 500, /undecodable patch/],
      [[{ op: 'explode', path: '/data' }], 500, /./],
    ] as const) {
      answer = { allowed: true, patch };
      const reply = await create();
      assert.ok(reply.code === code && message.test(reply.json.message ?? ''), `${JSON.stringify(patch).slice(0, 100)}: ${reply.code} ${reply.text.slice(0, 400)}`);
    }
    await server.isWell();
    answer = { allowed: true };
    assert.equal((await create()).code, 201);
    const elsewhere = await server.ask('GET', '/api/v1/namespaces/kube-system/configmaps/judged');
    assert.equal(elsewhere.code, 404);
  });

  test('afterwards the server is as well as ever', () => server.isWell());
});
