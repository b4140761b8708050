/**
 * The project's own load generator, for machines without wrk: raw TLS connections, requests written as prepared text,
 * answers skipped by their length. `node generator.ts LOAD-AS-JSON` prints a LoadResult as JSON.
 */
import { RealClock } from '../../src/base/real-clock.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { AnswerReader } from './answer-reader.ts';
import type { Load, LoadResult } from './load.ts';
import { openConnection, requestText } from './raw-connection.ts';

const load = JSON.parse(process.argv[2]!) as Load;
const clock = new RealClock();
const run = new SystemRandom().suffix(6);
const [before = '', after] = (load.body ?? '').split('%NAME%', 2);
const text = (body: string): string => requestText(load, load.method, load.path, body);
const same = text(before);
let count = 0;
const next = (): string => (after === undefined ? same : text(`${before}b-${run}-${(count += 1)}${after}`));

let requests = 0;
let bytes = 0;
let failures = 0;
let over = false;

async function drive(): Promise<void> {
  const socket = await openConnection(load.url);
  await new Promise<void>((resolve) => {
    const reader = new AnswerReader((code) => {
      requests += 1;
      if (code >= 300) failures += 1;
      if (over) socket.destroy();
      else socket.write(next(), 'latin1');
    });
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      reader.push(chunk);
    });
    socket.on('error', () => (failures += 1));
    socket.once('close', resolve);
    socket.write(next(), 'latin1');
  });
}

const startedMs = clock.monotonicMs();
clock.setTimer(load.seconds * 1000, () => (over = true));
await Promise.all(Array.from({ length: load.connections }, drive));
console.log(JSON.stringify({ requests, bytes, failures, seconds: (clock.monotonicMs() - startedMs) / 1000 } satisfies LoadResult));
