import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webhookIdentities } from './webhook-identities.ts';

test('the user for an address: by name and port, by stars, without port 443, by a star alone, then the current one', () => {
  const picked = (names: readonly string[], current: string | undefined, target: string): string | undefined => {
    const users = new Map(names.map((name) => [name, () => ({ headers: { authorization: name } })]));
    return webhookIdentities({ users, current })(target)?.headers?.['authorization'];
  };
  const all = ['hook.ns.svc:443', '*.ns.svc:443', '*.svc:443', 'hook.ns.svc', '*.ns.svc', '*', 'admin'];
  const cases: readonly (readonly [readonly string[], string | undefined, string, string | undefined])[] = [
    [all, 'admin', 'hook.ns.svc:443', 'hook.ns.svc:443'],
    [all, 'admin', 'other.ns.svc:443', '*.ns.svc:443'],
    [all, 'admin', 'other.ns2.svc:443', '*.svc:443'],
    [all.slice(3), 'admin', 'hook.ns.svc:443', 'hook.ns.svc'],
    [all.slice(3), 'admin', 'other.ns.svc:443', '*.ns.svc'],
    [all.slice(3), 'admin', 'hook.ns.svc:8443', '*'],
    [['admin'], 'admin', 'hook.ns.svc:8443', 'admin'],
    [['admin'], undefined, 'hook.ns.svc:443', undefined],
    [['::1'], undefined, '[::1]:443', '::1'],
    [[], 'gone', '10.0.0.1:443', undefined],
  ];
  for (const [names, current, target, expected] of cases) assert.equal(picked(names, current, target), expected, `${target} of ${names.join(' ')}`);
});
