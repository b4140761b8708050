/**
 * `node bin/run.js scripts/fuzz.ts [--requests N] [--seed N] [--from N] [--minutes N]`: hostile requests against a real
 * API server in a process of its own, and hostile input for every codec. Prints what was answered; exits with 1 for a
 * crash, a wrong answer, an error in the server's log or more memory than allowed. The same seed sends the same requests.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzCodecs } from '../test/fuzz/fuzz-codecs.ts';
import { fuzzHttp } from '../test/fuzz/fuzz-http.ts';

/** The server holds a few hundred objects: what it needs beyond its start is for requests under way. */
const maxHeldBytes = 600_000_000;
/** Beside what is held: what the allocator keeps of bodies and TLS connections that are gone. */
const maxRssBytes = 1_200_000_000;

const { values } = parseArgs({ options: { requests: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' }, from: { type: 'string', default: '0' }, minutes: { type: 'string', default: '10' } } });
const seed = Number(values.seed);
const requests = Number(values.requests);
const problems: string[] = [];
const complaints: string[] = [];
let rssBytes = 0;
let heldBytes = 0;

const child = fork(join(import.meta.dirname, '../test/fuzz/server-child.ts'), { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
let stderr = '';
child.stderr!.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
const ended = new Promise<number>((resolve) => { child.once('exit', (code) => resolve(code ?? 128)); });
const port = await new Promise<number>((resolve, reject) => {
  child.on('message', (message: { readonly port?: number; readonly complaint?: string; readonly rssBytes?: number; readonly heldBytes?: number }) => {
    if (message.port !== undefined) resolve(message.port);
    if (message.complaint !== undefined && complaints.length < 1000) complaints.push(message.complaint);
    rssBytes = Math.max(rssBytes, message.rssBytes ?? 0);
    heldBytes = Math.max(heldBytes, message.heldBytes ?? 0);
  });
  void ended.then((code) => reject(new Error(`the server ended with ${code}: ${stderr}`)));
});

const startedMs = performance.now();
const memory = (): string => `${Math.round(heldBytes / 1e6)} MB held, ${Math.round(rssBytes / 1e6)} MB resident`;
const seconds = (): string => ((performance.now() - startedMs) / 1000).toFixed(0);
const http = fuzzHttp({ port, seed, requests, from: Number(values.from), atMostMs: Number(values.minutes) * 60_000, progress: (done) => process.stdout.write(`${done} requests after ${seconds()} s, ${memory()}\n`) });
const crashed = ended.then((code) => { throw new Error(`the server crashed with ${code}:\n${stderr}`); });
crashed.catch(() => {});
try {
  const report = await Promise.race([http, crashed]);
  process.stdout.write(`\n${report.sent} requests in ${seconds()} s, seed ${seed}; at most ${memory()}\n`);
  for (const [code, count] of [...report.byCode].sort()) process.stdout.write(`  ${code.padEnd(8)}${count}\n`);
  for (const { number, request, problem } of report.findings) problems.push(`#${number} ${request}\n    ${problem}`);
} catch (error) {
  problems.push(error instanceof Error ? error.message : String(error));
}
child.disconnect();
await ended;
for (const complaint of new Set(complaints)) problems.push(`logged: ${complaint}`);
if (heldBytes > maxHeldBytes || rssBytes > maxRssBytes) problems.push(`${memory()}, more than the ${maxHeldBytes / 1e6} and ${maxRssBytes / 1e6} allowed`);

// Told before anything else can go wrong.
for (const problem of problems) process.stdout.write(`${problem}\n`);
const overHttp = problems.length;

const codecs = fuzzCodecs({ seed, inputs: Math.min(requests, 200_000) });
process.stdout.write(`${codecs.tried} inputs for codecs\n`);
for (const { codec, number, problem } of codecs.findings) problems.push(`${codec} #${number}: ${problem}`);
for (const problem of problems.slice(overHttp)) process.stdout.write(`${problem}\n`);
process.stdout.write(problems.length === 0 ? 'nothing found\n' : `${problems.length} problems\n`);
process.exit(problems.length === 0 ? 0 : 1);
