/**
 * Asks a name server as fast as it answers: `dns-load.ts PORT SECONDS` prints `{answers, seconds, longestMs}`. Four of five
 * names exist, as in pods whose search domains are tried in turn. What gets lost is asked again after a second.
 */
import { createSocket } from 'node:dgram';
import dnsPacket from 'dns-packet';
import { RealClock } from '../../src/base/real-clock.ts';

const [port, seconds] = process.argv.slice(2).map(Number) as [number, number];
const [sockets, window] = [16, 16];
const clock = new RealClock();
const queries = Array.from({ length: 1250 }, (_, index) => dnsPacket.encode({ type: 'query', id: 1, flags: 0x100, questions: [{ type: 'A', name: `web-${index}.shop.svc.cluster.local` }] }));
let [answers, next, over] = [0, 0, false];

async function ask(): Promise<void> {
  const socket = createSocket({ type: 'udp4', lookup: (address, _, found) => found(null, address, 4) });
  await new Promise<void>((resolve) => { socket.bind(0, '127.0.0.1', resolve); });
  const send = (): void => { socket.send(queries[next = (next + 1) % queries.length]!, port, '127.0.0.1'); };
  let lastMs = clock.monotonicMs();
  socket.on('message', () => {
    answers++;
    lastMs = clock.monotonicMs();
    if (!over) send();
  });
  for (let index = 0; index < window; index++) send();
  while (!over) {
    await clock.sleep(250);
    if (clock.monotonicMs() - lastMs > 1000) for (let index = 0; index < window; index++) send();
  }
  socket.close();
}

const all = Array.from({ length: sockets }, ask);
await clock.sleep(500);
const [before, startMs] = [answers, clock.monotonicMs()];
await clock.sleep(seconds * 1000);
process.stdout.write(JSON.stringify({ answers: answers - before, seconds: (clock.monotonicMs() - startMs) / 1000 }));
over = true;
await Promise.all(all);
