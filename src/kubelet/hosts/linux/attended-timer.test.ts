import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RealClock } from '../../../base/real-clock.ts';
import { VirtualClock } from '../../../base/virtual-clock.ts';
import { setAttendedTimer } from './attended-timer.ts';
import { linuxNetwork } from './network.ts';

test('an attended timer is over when its time is', async () => {
  const clock = new VirtualClock();
  const over: number[] = [];
  setAttendedTimer(clock, 1000, () => over.push(clock.monotonicMs()));
  const start = clock.monotonicMs();
  await clock.advance(5000);
  assert.deepEqual(over, [start + 1000]);
  setAttendedTimer(clock, 1000, () => over.push(0)).cancel();
  const late = setAttendedTimer(clock, 1000, () => over.push(0));
  await clock.advance(950);
  late.cancel();
  await clock.advance(1000);
  assert.equal(over.length, 1);
});

test('a process that does not get to look takes no probe for failed that was answered meanwhile', async (t) => {
  const { createServer } = await import('node:http');
  const server = createServer((_request, response) => response.end('well'));
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const clock = new RealClock();
  const { httpGet, tcpConnect } = linuxNetwork(clock);
  const timeoutMs = 200;
  const asked = [httpGet({ scheme: 'http', host: '127.0.0.1', port, path: '/', headers: [], timeoutMs }), tcpConnect({ host: '127.0.0.1', port, timeoutMs })] as const;
  // Nothing else gets a turn, as when others have the processor.
  const untilMs = clock.monotonicMs() + 2 * timeoutMs;
  while (clock.monotonicMs() < untilMs);
  assert.equal((await asked[0]).body, 'well');
  await asked[1];
});
