import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Taint, Toleration } from '../../api/types/core/v1.ts';
import { tolerationMs } from './taint-eviction.ts';

const taint = (key: string, value?: string): Taint => ({ key, effect: 'NoExecute', ...(value !== undefined && { value }) });
const cases: [string, Toleration[], Taint[], number | undefined][] = [
  ['nothing tolerated', [], [taint('a')], 0],
  ['tolerated for ever', [{ key: 'a', operator: 'Exists' }], [taint('a')], undefined],
  ['tolerated for a while', [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }], [taint('a')], 300_000],
  ['the shortest counts', [{ key: 'a', operator: 'Exists', tolerationSeconds: 300 }, { key: 'b', operator: 'Exists', tolerationSeconds: 60 }], [taint('a'), taint('b')], 60_000],
  ['one of two tolerated', [{ key: 'a', operator: 'Exists', tolerationSeconds: 300 }], [taint('a'), taint('b')], 0],
  ['everything tolerated', [{ operator: 'Exists' }], [taint('a'), taint('b', 'x')], undefined],
  ['another value', [{ key: 'a', value: 'x' }], [taint('a', 'y')], 0],
  ['the same value', [{ key: 'a', value: 'x' }], [taint('a', 'x')], undefined],
  ['another effect', [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }], [taint('a')], 0],
  ['a negative time is none', [{ key: 'a', operator: 'Exists', tolerationSeconds: -5 }], [taint('a')], 0],
];

describe('tolerating NoExecute taints', () => {
  for (const [title, tolerations, taints, expected] of cases) it(title, () => assert.equal(tolerationMs(tolerations, taints), expected));
});
