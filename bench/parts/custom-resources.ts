import type { Bench } from '../bench.ts';
import { call, callJson } from '../load/call.ts';
import { definitionBody, definitionsPath } from '../load/definitions.ts';
import { fill } from '../load/fill.ts';
import { waitsDuring } from '../load/waits.ts';
import type { Program } from '../program.ts';
import { startProgram, token } from '../program.ts';
import type { Figure } from '../table.ts';

const collection = (plural: string): string => `/apis/bench.example.com/v1/namespaces/default/${plural}`;

async function ready({ url }: Program, plural: string): Promise<void> {
  while ((await call(url, token, 'GET', collection(plural))).code !== 200);
}

const largeOnes = ['One', 'Two', 'Three', 'Four'];

/** What others wait while large definitions are created, updated and applied, one after the other. */
async function othersMeanwhile(bench: Bench, server: Program): Promise<Figure[]> {
  const { url } = server;
  const pathOf = (kind: string): string => `${definitionsPath}/large${kind.toLowerCase()}s.bench.example.com`;
  const idle = await waitsDuring(bench.clock, server.url, token, bench.clock.sleep(500));
  const steps = [
    ['created', async (kind: string) => {
      await callJson(url, token, 'POST', definitionsPath, { body: definitionBody(`Large${kind}`, 1_000_000) });
      await ready(server, `large${kind.toLowerCase()}s`);
    }],
    ['updated', async (kind: string) => {
      const body = JSON.stringify(await callJson(url, token, 'GET', pathOf(kind)));
      await callJson(url, token, 'PUT', pathOf(kind), { body: JSON.parse(body.replace('"maxLength":253', '"maxLength":200')) as object });
    }],
    ['applied', (kind: string) => callJson(url, token, 'PATCH', `${pathOf(kind)}?fieldManager=bench&force=true`, { body: definitionBody(`Large${kind}`, 1_000_000), contentType: 'application/apply-patch+yaml' })],
  ] as const satisfies readonly (readonly [string, (kind: string) => Promise<unknown>])[];
  const figures: Figure[] = [];
  for (const [name, step] of steps) {
    const waits = await waitsDuring(bench.clock, server.url, token, (async () => { for (const kind of largeOnes) await step(kind); })());
    figures.push({ name: `others' wait, 1 MB definitions ${name}`, value: waits.at(-1) ?? 0, note: `the longest; p99 ${(waits[Math.floor(waits.length * 0.99)] ?? 0).toFixed(1)} ms of ${waits.length}; ${(idle.at(-1) ?? 0).toFixed(1)} ms when idle` });
  }
  return figures;
}

const timed = async (bench: Bench, work: () => Promise<unknown>): Promise<number> => {
  const startedMs = bench.clock.monotonicMs();
  await work();
  return bench.clock.monotonicMs() - startedMs;
};

/** What objects take that nobody looks at: memory after a restart, with them and without. */
async function manyObjects(bench: Bench, settle: () => Promise<void>): Promise<Figure> {
  const dataDir = bench.freshFolder();
  const start = (): Promise<Program> => startProgram(bench, { command: 'apiserver', dataDir });
  {
    await using server = await start();
    await callJson(server.url, token, 'POST', definitionsPath, { body: definitionBody('First', 10_000) });
    await ready(server, 'firsts');
  }
  let before: number;
  let bytes: number;
  {
    await using server = await start();
    await settle();
    before = server.residentMb();
    const object = JSON.stringify({ apiVersion: 'bench.example.com/v1', kind: 'First', metadata: { name: '%NAME%' }, spec: { section0: { group0: { field0: 'x'.repeat(250), field1: 'y'.repeat(250), field2: 'z'.repeat(250) } } } });
    await fill(server, collection('firsts'), object, 10_000);
    const { items } = await callJson<{ items: object[] }>(server.url, token, 'GET', `${collection('firsts')}?limit=1`);
    bytes = JSON.stringify(items[0]).length;
  }
  await using server = await start();
  await settle();
  return { name: '10,000 custom resources of 1 KiB', value: server.residentMb() - before, note: `${bytes} bytes each; after a restart, ${before.toFixed(0)} MB before` };
}

/** What custom resources cost: one large definition, many small ones, and many objects of one. */
export async function customResources(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  const settle = (): Promise<void> => bench.clock.sleep(bench.quick ? 1000 : 5000);
  {
    await using server = await startProgram(bench, { command: 'apiserver' });
    const { url } = server;
    const body = definitionBody('Large', 1_000_000);
    // The first of all definitions loads what all need.
    await callJson(url, token, 'POST', definitionsPath, { body: definitionBody('First', 10_000) });
    let acceptMs = 0;
    const creating = (async () => {
      acceptMs = await timed(bench, () => callJson(url, token, 'POST', definitionsPath, { body }));
      await ready(server, 'larges');
    })();
    const waits = await waitsDuring(bench.clock, server.url, token, creating);
    figures.push({ name: 'accept a definition with 1 MB of schema', value: acceptMs, note: `${(JSON.stringify(body).length / 1e6).toFixed(2)} MB` });
    figures.push({ name: 'longest wait of somebody else meanwhile', value: waits.at(-1) ?? 0 });
    const item = { apiVersion: 'bench.example.com/v1', kind: 'Large', metadata: { name: 'one' }, spec: { section0: { group0: { field0: 'a' } } } };
    figures.push({ name: 'create its first object', value: await timed(bench, () => callJson(url, token, 'POST', collection('larges'), { body: item })), note: 'the schema is compiled' });
    figures.push(...await othersMeanwhile(bench, server));
  }
  figures.push(await manyObjects(bench, settle));
  const dataDir = bench.freshFolder();
  {
    await using server = await startProgram(bench, { command: 'apiserver', dataDir });
    await settle();
    const before = server.residentMb();
    for (let i = 0; i < 500; i++) await callJson(server.url, token, 'POST', definitionsPath, { body: definitionBody(`Kind${i}`, 10_000) });
    await ready(server, 'kind499s');
    const first = await timed(bench, () => callJson(server.url, token, 'GET', '/apis'));
    figures.push({ name: 'discovery with 500 definitions', value: await timed(bench, () => callJson(server.url, token, 'GET', '/apis/bench.example.com/v1')), note: `of the group's version; the groups ${first.toFixed(1)} ms` });
    await settle();
    figures.push({ name: 'memory of 500 definitions', value: server.residentMb() - before, note: `10 kB of schema each; ${before.toFixed(0)} MB before` });
  }
  await using again = await startProgram(bench, { command: 'apiserver', dataDir });
  await settle();
  figures.push({ name: 'API server ready, restart with 500 definitions', value: again.readyMs, note: `${again.residentMb().toFixed(0)} MB then` });
  return figures;
}
