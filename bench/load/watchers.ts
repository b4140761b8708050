/**
 * Watch fan-out: opens watches on the ConfigMaps of a namespace, creates some over 16 connections, and measures until
 * every watch has told of every one. `node watchers.ts {url, token, watchers, creates}` prints `{events, seconds}`.
 */
import { RealClock } from '../../src/base/real-clock.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { callJson } from './call.ts';
import { openConnection, requestText, sendAll } from './raw-connection.ts';

const target = JSON.parse(process.argv[2]!) as { url: string; token: string; watchers: number; creates: number };
const clock = new RealClock();
const run = new SystemRandom().suffix(6);
const path = '/api/v1/namespaces/default/configmaps';
const { metadata } = await callJson<{ metadata: { resourceVersion: string } }>(target.url, target.token, 'GET', `${path}?limit=1`);
const expected = target.watchers * target.creates;
let events = 0;
let allTold = (): void => {};
const told = new Promise<void>((resolve) => (allTold = resolve));

async function watch(): Promise<void> {
  const socket = await openConnection(target.url);
  await new Promise<void>((resolve) => {
    let open = false;
    let last = 0;
    socket.on('data', (chunk: Buffer) => {
      if (!open) {
        // The head alone: nothing happens before all watches are open.
        open = true;
        resolve();
        return;
      }
      // An event ends with a brace and a line feed; the line feeds of the chunked framing follow a carriage return.
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) if ((at === 0 ? last : chunk[at - 1]) === 0x7d) events += 1;
      last = chunk[chunk.length - 1]!;
      if (events >= expected) allTold();
    });
    socket.write(requestText(target, 'GET', `${path}?watch=1&resourceVersion=${metadata.resourceVersion}`));
  });
}

await Promise.all(Array.from({ length: target.watchers }, watch));
const value = 'v'.repeat(1000);
const startedMs = clock.monotonicMs();
await sendAll(target.url, {
  connections: 16,
  count: target.creates,
  request: (index) => requestText(target, 'POST', path, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"w-${run}-${index}"},"data":{"k":"${value}"}}`),
});
await told;
console.log(JSON.stringify({ events, seconds: (clock.monotonicMs() - startedMs) / 1000 }));
process.exit(0);
