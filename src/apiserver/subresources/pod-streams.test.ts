import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal, TestServer } from '../testing/server.ts';

const pods = '/api/v1/namespaces/default/pods';

test('a stream that a GET opens, as WebSockets do, is only for who may create it as well', async () => {
  await using api = await TestServer.start({
    authorizers: [{ name: 'test', authorize: ({ user, verb }) => (user.name === 'admin' || verb === 'get' ? { verdict: 'allow', reason: '' } : { verdict: 'no-opinion', reason: 'not you' }) }],
  });
  await api.create(pods, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  for (const subresource of ['exec', 'attach', 'portforward']) {
    const open = (name: string): Promise<unknown> => api.request('GET', `${pods}/p/${subresource}`, undefined, { user: { name, groups: [] } });
    await assert.rejects(open('reader'), refusal('Forbidden', 'pods "p" is forbidden: not you'));
    await assert.rejects(open('admin'), refusal('BadRequest', 'pod p does not have a host assigned'));
  }
});
