import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodSpec } from '../../../api/types/core/v1.ts';
import { SeededRandom } from '../../../base/random.ts';
import { VirtualClock } from '../../../base/virtual-clock.ts';
import type { Client } from '../../../client/client.ts';
import { ServiceAccountTokens } from '../../service-account-tokens.ts';
import type { VolumeContext } from '../volume-plugin.ts';
import { projected } from './projected.ts';

const clock = new VirtualClock();
const client = { createSubresource: async () => ({ status: { token: 'secret' } }) } as unknown as Client;
const context = { tokens: new ServiceAccountTokens({ client, clock, random: new SeededRandom(1) }), facts: () => ({ podIps: [], hostIps: [], allocatable: {} }) } as unknown as VolumeContext;

test('a token is the pod\'s user\'s or group\'s alone where they are known; other files are not', async () => {
  const name = { path: 'name', fieldRef: { fieldPath: 'metadata.name' } };
  const cases: [string, Partial<PodSpec>, string, number | undefined][] = [
    ['nothing is known', {}, '644', undefined],
    ['one user', { securityContext: { runAsUser: 1000 } }, '600', 1000],
    ['a group', { securityContext: { fsGroup: 1000 } }, '600', undefined],
    ['two users', { containers: [{ name: 'a', securityContext: { runAsUser: 1 } }, { name: 'b', securityContext: { runAsUser: 2 } }] }, '644', undefined],
    ['one container names no user', { containers: [{ name: 'a', securityContext: { runAsUser: 1 } }, { name: 'b' }] }, '644', undefined],
  ];
  for (const [index, [what, spec, mode, userId]] of cases.entries()) {
    const pod: Pod = { metadata: { name: 'p', namespace: 'default', uid: `u${index}` }, spec: { containers: [{ name: 'a' }], ...spec } };
    const { files, refreshAtMs } = await projected.collect(context, pod, { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }, { downwardAPI: { items: [name] } }] } });
    assert.deepEqual([files.get('token')?.mode.toString(8), files.get('token')?.userId], [mode, userId], what);
    assert.deepEqual([files.get('name')?.mode.toString(8), files.get('name')?.userId], ['644', undefined], what);
    assert.ok(refreshAtMs !== undefined && refreshAtMs <= clock.now() + 2_880_000 && refreshAtMs > clock.now() + 2_800_000, 'at four fifths of its life');
  }
});
