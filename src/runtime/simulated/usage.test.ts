import assert from 'node:assert/strict';
import { test } from 'node:test';
import { behaviourOf, usageOf } from './behaviour.ts';

for (const [annotations, expected] of [
  [{}, { cores: 0.001, memoryBytes: 1_048_576 }],
  [{ 'coxswain.io/usage-cpu': '250m', 'coxswain.io/usage-memory': '64Mi' }, { cores: 0.25, memoryBytes: 64 * 2 ** 20 }],
  [{ 'kwok.x-k8s.io/usage-cpu': '2', 'kwok.x-k8s.io/usage-memory': '1Gi' }, { cores: 2, memoryBytes: 2 ** 30 }],
  [{ 'coxswain.io/usage-cpu': '1', 'coxswain.io/usage-cpu.c': '3', 'kwok.x-k8s.io/usage-cpu': '2' }, { cores: 3, memoryBytes: 1_048_576 }],
  [{ 'coxswain.io/usage-cpu': 'much' }, { cores: 0.001, memoryBytes: 1_048_576 }],
] as const) test(`what a container uses: ${JSON.stringify(annotations)}`, () => assert.deepEqual(usageOf(annotations, 'c'), expected));

for (const [annotations, expected] of [
  [{ 'pod-ready.stage.kwok.x-k8s.io/delay': '2s' }, { startDelayMs: 2000, exitAfterMs: undefined, stopDelayMs: 0 }],
  [{ 'pod-ready.stage.kwok.x-k8s.io/delay': '2s', 'pod-ready.stage.kwok.x-k8s.io/jitter-delay': '4s' }, { startDelayMs: 3000, exitAfterMs: undefined, stopDelayMs: 0 }],
  [{ 'pod-complete.stage.kwok.x-k8s.io/delay': '1m', 'pod-delete.stage.kwok.x-k8s.io/delay': '500ms' }, { startDelayMs: 0, exitAfterMs: 60_000, stopDelayMs: 500 }],
  [{ 'pod-ready.stage.kwok.x-k8s.io/delay': '2s', 'coxswain.io/start-delay': '1s' }, { startDelayMs: 1000, exitAfterMs: undefined, stopDelayMs: 0 }],
] as const) {
  test(`kwok's delays: ${JSON.stringify(annotations)}`, () => {
    const { startDelayMs, exitAfterMs, stopDelayMs } = behaviourOf(annotations, 'c', { chance: () => 0.5 });
    assert.deepEqual({ startDelayMs, exitAfterMs, stopDelayMs }, expected);
  });
}
