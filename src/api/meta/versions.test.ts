import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from './versions.ts';

test('versions are ranked as Kubernetes ranks them', () => {
  const ranked = ['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10'];
  assert.deepEqual([...ranked].reverse().sort((a, b) => compareVersions(b, a)), ranked);
  assert.equal(compareVersions('v1', 'v1'), 0);
});
