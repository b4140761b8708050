import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { HttpServer } from '../testing/https-server.ts';
import { largeYamlBytes } from './large-yaml.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const yaml = { 'content-type': 'application/yaml' };
const text = (name: string, size: number, rest = ''): string => {
  const lines = [`apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:`];
  for (let i = 0, length = 0; length < size; i++) length += lines[lines.push(`  key-${i}: value ${i}`) - 1]!.length + 1;
  return `${lines.join('\n')}\n${rest}`;
};

describe('YAML that is large', () => {
  it('is read as smaller YAML is, with the same refusals', async () => {
    await using http = await HttpServer.start();
    const created = await http.ask('POST', configMaps, text('large', largeYamlBytes), yaml);
    assert.equal(created.code, 201);
    const { data } = (await http.ask('GET', `${configMaps}/large`)).json as unknown as { readonly data: Readonly<Record<string, string>> };
    assert.equal(data['key-2500'], 'value 2500');
    for (const size of [10, largeYamlBytes]) {
      const lines = text('x', size).split('\n').length;
      const twice = await http.ask('POST', `${configMaps}?dryRun=All&fieldValidation=Strict`, text('x', size, '  key-0: again\n'), yaml);
      assert.deepEqual([twice.code, twice.json.message.includes(`line ${lines}: key "key-0" already set in map`)], [400, true], twice.json.message);
      const wrong = await http.ask('POST', configMaps, text('x', size, '  key: [\n'), yaml);
      assert.deepEqual([wrong.code, wrong.json.reason, /yaml: line \d+: /.test(wrong.json.message)], [400, 'BadRequest', true], wrong.json.message);
    }
  });

  it('keeps nobody else from being answered, and waits in a line that has an end', async () => {
    await using http = await HttpServer.start();
    const body = text('large', 5 * largeYamlBytes);
    let answered = 0;
    const sent = Array.from({ length: 16 }, () => http.open('POST', configMaps, { ...yaml, 'content-length': body.length }, () => { answered++; }).on('error', () => {}));
    for (const one of sent) one.end(body);
    await Promise.all(sent.map((one) => once(one, 'finish')));
    const { code, json } = await http.ask('POST', configMaps, body, yaml);
    assert.deepEqual([code, json.reason], [429, 'TooManyRequests']);
    assert.equal(answered, 0, 'others have been answered meanwhile');
    for (const one of sent) one.destroy();
    // Those who went away make room, as soon as the server has heard of it.
    let next: number;
    do next = (await http.ask('POST', `${configMaps}?dryRun=All`, text('next', largeYamlBytes), yaml)).code; while (next === 429);
    assert.equal(next, 201);
  });
});
