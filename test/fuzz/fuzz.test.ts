import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzCodecs } from './fuzz-codecs.ts';
import { fuzzHttp } from './fuzz-http.ts';
import { startFuzzServer } from './server.ts';

// A slice of what `scripts/fuzz.ts` does at length. A finding is a bug: replay it with --seed and --from.
const seed = 20_260;

test('hostile requests: every answer is one, nothing is logged as an error, the server is well afterwards', { timeout: 240_000 }, async () => {
  const complaints: string[] = [];
  await using server = await startFuzzServer((line) => complaints.push(line));
  const before = process.memoryUsage().rss;
  const { sent, byCode, findings } = await fuzzHttp({ port: server.port, seed, requests: 600, atMostMs: 3000 });
  assert.deepEqual(findings, []);
  assert.deepEqual(complaints, []);
  assert.ok(sent > 50, `${sent} requests`);
  for (const code of ['200', '400', '404']) assert.ok((byCode.get(code) ?? 0) > 0, `no ${code} among ${[...byCode.keys()].join()}`);
  assert.ok(process.memoryUsage().rss - before < 500_000_000);
  const nodes = await server.control.server.local.request({ method: 'GET', path: '/readyz', user: { name: 'admin', groups: ['system:masters'] } });
  assert.equal(nodes, 'ok');
});

test('hostile input for codecs, patches, selectors and scalars is taken or refused, never anything else', { timeout: 240_000 }, () => {
  const { tried, findings } = fuzzCodecs({ seed, inputs: 3000, atMostMs: 1500 });
  assert.deepEqual(findings, []);
  assert.ok(tried > 50, `${tried} inputs`);
});
