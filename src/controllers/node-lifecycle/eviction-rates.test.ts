import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Node } from '../../api/types/core/v1.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { TaintQueue } from './taint-queue.ts';
import { evictionRateOf, zoneState } from './zones.ts';

const rates = { nodeEvictionRate: 0.1, secondaryNodeEvictionRate: 0.01, largeClusterSizeThreshold: 50, unhealthyZoneThreshold: 0.55 };

function zone(ready: number, notReady: number, excluded = 0): Node[] {
  const nodeOf = (status: string, labels = {}): Node => ({ metadata: { labels }, status: { conditions: [{ type: 'Ready', status }] } });
  return [...Array.from({ length: ready }, () => nodeOf('True')), ...Array.from({ length: notReady }, () => nodeOf('Unknown')), ...Array.from({ length: excluded }, () => nodeOf('Unknown', { 'node.kubernetes.io/exclude-disruption': 'true' }))];
}

const cases: [string, Node[], string | undefined, number | undefined][] = [
  ['all well', zone(3, 0), 'Normal', 0.1],
  ['two down of three', zone(1, 2), 'Normal', 0.1],
  ['three down of five', zone(2, 3), 'PartialDisruption', 0],
  ['55 of 100', zone(45, 55), 'PartialDisruption', 0.01],
  ['54 of 100', zone(46, 54), 'Normal', 0.1],
  ['all down', zone(0, 1), 'FullDisruption', 0.1],
  ['those that do not count', zone(1, 0, 9), 'Normal', 0.1],
  ['nobody counts', zone(0, 0, 9), undefined, undefined],
];
for (const [title, nodes, state, rate] of cases) {
  it(`a zone: ${title}`, () => {
    const is = zoneState(nodes, rates);
    assert.equal(is, state);
    if (is !== undefined) assert.equal(evictionRateOf(is, nodes.length, rates), rate);
  });
}

it('nodes are tainted one at once, then as fast as the rate says; with none, nobody is and nothing is waited for', async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const tainted: string[] = [];
  const queue = new TaintQueue({ clock, rate: 0.1, signal: stop.signal, taint: async (name) => { tainted.push(`${name} ${clock.monotonicMs() / 1000}`); return true; } });
  assert.equal(clock.nextTimerMs, undefined);
  for (const name of ['a', 'b', 'c', 'd']) queue.add(name);
  await clock.advance(15_000);
  assert.deepEqual(tainted, ['a 0.1', 'b 10.1']);
  queue.setRate(0);
  await clock.advance(600_000);
  assert.equal(clock.nextTimerMs, undefined);
  queue.remove('c');
  queue.setRate(0.1);
  await clock.advance(11_000);
  assert.equal(tainted.at(-1)?.slice(0, 1), 'd');
  assert.equal(clock.nextTimerMs, undefined);
});
