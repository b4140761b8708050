import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpServer } from '../testing/https-server.ts';

const text = 'text/plain; charset=utf-8';
const cases: readonly (readonly [accept: string, code: number, contentType: string, version?: string])[] = [
  ['text/plain', 200, text],
  ['', 200, text],
  ['*/*', 200, text],
  ['application/json;v=foo;g=config.k8s.io;as=KIND,*/*', 200, text],
  ['application/json;v=v1beta1;g=config.k8s.io;as=KIND', 200, 'application/json', 'v1beta1'],
  ['application/yaml;v=v1beta1;g=config.k8s.io;as=KIND', 200, 'application/yaml'],
  ['application/json;v=v1alpha1;g=config.k8s.io;as=KIND,application/json;v=v1beta1;g=config.k8s.io;as=KIND', 200, 'application/json', 'v1alpha1'],
  ['application/json;v=v1beta1;g=config.k8s.io', 406, 'application/json'],
  ['application/json', 406, 'application/json'],
  ['application/xml', 406, 'application/json'],
];

test('what a server is, and with which flags it was started: for people, and for programs that name what they want', async () => {
  await using http = await HttpServer.start({ flags: { v: '2', 'bind-address': '127.0.0.1' } });
  for (const [path, kind] of [['/statusz', 'Statusz'], ['/flagz', 'Flagz']] as const) {
    for (const [accept, code, contentType, version] of cases) {
      const answer = await http.ask('GET', path, undefined, { accept: accept.replaceAll('KIND', kind) });
      assert.deepEqual([answer.code, answer.headers['content-type']], [code, contentType], `${path} ${accept}`);
      assert.equal(answer.headers['warning'], version === 'v1alpha1' ? `299 - "This version of the ${path.slice(1)} endpoint is deprecated. Please use a newer version."` : undefined);
      if (contentType === text) assert.ok(answer.text.startsWith(`\napiserver ${path.slice(1)}\nWarning: This endpoint is not meant to be machine parseable`));
      if (version !== undefined) assert.deepEqual([answer.json.kind, answer.json['apiVersion'], answer.json.metadata], [kind, `config.k8s.io/${version}`, { name: 'apiserver' }]);
    }
  }
  const status = await http.ask('GET', '/statusz', undefined, { accept: 'application/json;v=v1beta1;g=config.k8s.io;as=Statusz' });
  assert.deepEqual(Object.keys(status.json), ['kind', 'apiVersion', 'metadata', 'startTime', 'uptimeSeconds', 'goVersion', 'binaryVersion', 'emulationVersion', 'paths']);
  assert.deepEqual(status.json['paths'], ['/flagz', '/healthz', '/livez', '/metrics', '/readyz', '/statusz', '/version']);
  assert.match((await http.ask('GET', '/statusz')).text, /\nStarted: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}\nUp: 0 hr 00 min \d\d sec\nGo version: \S+\nBinary version: 1\.36\.\d+\nEmulation version: 1\.36\nPaths: \/flagz /);
  assert.ok((await http.ask('GET', '/flagz')).text.endsWith('only.\nbind-address=127.0.0.1\nv=2\n'));
  await using plain = await HttpServer.start();
  assert.equal((await plain.ask('GET', '/flagz')).code, 404, 'where nobody says what the flags are there is no page');
});
