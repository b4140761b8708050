import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VolumeMount } from '../../api/types/core/v1.ts';
import { resolveRecursiveReadOnly } from './recursive-read-only.ts';

test('read-only with all below is what was asked for and can be, or a refusal', () => {
  const mount = (more: Partial<VolumeMount>): VolumeMount => ({ name: 'v', mountPath: '/v', readOnly: true, ...more });
  const answers: [Partial<VolumeMount>, boolean, boolean][] = [
    [{}, true, false], [{ recursiveReadOnly: 'Disabled' }, true, false], [{ recursiveReadOnly: 'IfPossible' }, true, true], [{ recursiveReadOnly: 'IfPossible' }, false, false],
    [{ recursiveReadOnly: 'Enabled', mountPropagation: 'None' }, true, true],
  ];
  for (const [more, isSupported, expected] of answers) assert.equal(resolveRecursiveReadOnly(mount(more), isSupported), expected, JSON.stringify(more));
  const refusals: [Partial<VolumeMount>, string][] = [
    [{ recursiveReadOnly: 'Enabled' }, 'volume "v" requested recursive read-only mode, but it is not supported by the runtime'],
    [{ recursiveReadOnly: 'Enabled', readOnly: false }, 'volume "v" requested recursive read-only mode, but it is not read-only'],
    [{ recursiveReadOnly: 'IfPossible', mountPropagation: 'HostToContainer' }, 'volume "v" requested recursive read-only mode, but it is not compatible with propagation "HostToContainer"'],
    [{ recursiveReadOnly: 'Sometimes' }, 'unknown recursive read-only mode "Sometimes"'],
  ];
  for (const [more, message] of refusals) assert.throws(() => resolveRecursiveReadOnly(mount(more), false), { message: `failed to resolve recursive read-only mode: ${message}` });
});
