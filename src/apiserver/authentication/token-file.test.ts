import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bearerCredentials } from './token-authenticator.ts';
import { parseTokenFile, tokenFileAuthenticator } from './token-file.ts';


test('a token file names users', async () => {
  const file = tokenFileAuthenticator('t1,alice,u1,"dev,ops"\r\nt2,bob,,\n\nt3, carol , 3\n"t,4","d ""q""",4,system:masters\n');
  assert.deepEqual(await file.authenticate(bearerCredentials('t1')), { name: 'alice', uid: 'u1', groups: ['dev', 'ops', 'system:authenticated'] });
  assert.deepEqual(await file.authenticate(bearerCredentials('t2')), { name: 'bob', groups: ['system:authenticated'] });
  assert.deepEqual(await file.authenticate(bearerCredentials('t3')), { name: 'carol', uid: '3', groups: ['system:authenticated'] });
  assert.deepEqual(await file.authenticate(bearerCredentials('t,4')), { name: 'd "q"', uid: '4', groups: ['system:masters', 'system:authenticated'] });
  assert.equal(await file.authenticate(bearerCredentials('t')), undefined);
});

test('a bad line is named', () => {
  const cases: readonly [string, RegExp][] = [
    ['t,alice,1\nt2,bob\n', /^Error: line 2: a token needs at least 3 columns \(token, user name, user uid\), found 2$/],
    [',alice,1\n', /line 1: the token is empty/],
    ['t,,1\n', /line 1: the user name is empty/],
    ['t,alice,1\n\nt,bob,2\n', /line 3: the token was given before/],
    ['t,alice,1,"dev\n', /line 1: a quoted field does not end/],
    ['t,al"ice,1\n', /line 1: a quote stands in the middle of a field/],
  ];
  for (const [text, error] of cases) assert.throws(() => parseTokenFile(text), error);
});
