import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/types/core/v1.ts';
import { formatTime } from '../base/clock.ts';
import { SeededRandom } from '../base/random.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import type { Client } from '../client/client.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';

test('a token is renewed at four fifths of its life, and kept when that fails', async () => {
  const clock = new VirtualClock();
  let count = 0;
  let broken = false;
  const client = {
    createSubresource: async () => {
      if (broken) throw new Error('no');
      return { status: { token: `token ${++count}`, expirationTimestamp: formatTime(clock.now() + 3_600_000) } };
    },
  } as unknown as Client;
  const tokens = new ServiceAccountTokens({ client, clock, random: new SeededRandom(1) });
  const pod: Pod = { metadata: { name: 'p', namespace: 'default', uid: 'u1' }, spec: { containers: [] } };
  const get = async (): Promise<string> => (await tokens.get(pod, { audience: undefined, expirationSeconds: 3600 })).token;
  assert.equal(await get(), 'token 1');
  await clock.advance(2_800_000);
  assert.equal(await get(), 'token 1');
  await clock.advance(100_000);
  assert.equal(await get(), 'token 2');
  broken = true;
  await clock.advance(3_000_000);
  assert.equal(await get(), 'token 2');
  await clock.advance(700_000);
  await assert.rejects(get());
});
