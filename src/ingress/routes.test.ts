import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PathType } from './routes.ts';
import { Routes, hostName, normalPath } from './routes.ts';

/** Rules as `TYPE PATH`, each leading to itself. */
function matched(rules: string, path: string): string | undefined {
  const routes = new Routes<string>();
  for (const rule of rules.split(', ')) {
    const [type = '', rulePath = ''] = rule.split(' ');
    routes.add({ pathType: type as PathType, path: rulePath, target: rule });
  }
  return routes.find('any.example', path);
}

describe('paths of an Ingress', () => {
  // The examples of the Ingress documentation, in its order.
  const cases: readonly [rules: string, path: string, match: string | undefined][] = [
    ['Prefix /', '/anything/at/all', 'Prefix /'],
    ['Exact /foo', '/foo', 'Exact /foo'],
    ['Exact /foo', '/bar', undefined],
    ['Exact /foo', '/foo/', undefined],
    ['Exact /foo/', '/foo', undefined],
    ['Prefix /foo', '/foo', 'Prefix /foo'],
    ['Prefix /foo', '/foo/', 'Prefix /foo'],
    ['Prefix /foo/', '/foo', 'Prefix /foo/'],
    ['Prefix /foo/', '/foo/', 'Prefix /foo/'],
    ['Prefix /aaa/bb', '/aaa/bbb', undefined],
    ['Prefix /aaa/bbb', '/aaa/bbb', 'Prefix /aaa/bbb'],
    ['Prefix /aaa/bbb/', '/aaa/bbb', 'Prefix /aaa/bbb/'],
    ['Prefix /aaa/bbb', '/aaa/bbb/', 'Prefix /aaa/bbb'],
    ['Prefix /aaa/bbb', '/aaa/bbb/ccc', 'Prefix /aaa/bbb'],
    ['Prefix /aaa/bbb', '/aaa/bbbxyz', undefined],
    ['Prefix /, Prefix /aaa', '/aaa/ccc', 'Prefix /aaa'],
    ['Prefix /, Prefix /aaa, Prefix /aaa/bbb', '/aaa/bbb', 'Prefix /aaa/bbb'],
    ['Prefix /, Prefix /aaa, Prefix /aaa/bbb', '/ccc', 'Prefix /'],
    ['Prefix /aaa', '/ccc', undefined],
    ['Exact /foo, Prefix /foo', '/foo', 'Exact /foo'],
    ['Prefix /foo, Exact /foo', '/foo', 'Exact /foo'],
    // And what follows from its words.
    ['Prefix /foo, Exact /foo', '/foo/', 'Prefix /foo'],
    ['ImplementationSpecific /foo', '/foo/bar', 'ImplementationSpecific /foo'],
    ['Prefix /foo, ImplementationSpecific /foo', '/foo', 'Prefix /foo'],
    ['Prefix /FOO', '/foo', undefined],
    ['Exact /, Prefix /a', '/', 'Exact /'],
    ['Exact /, Prefix /a', '/b', undefined],
    ['Prefix /a/b/c, Prefix /a', '/a/b/cc/d', 'Prefix /a'],
  ];
  for (const [rules, path, match] of cases) it(`${rules}: ${path} is ${match ?? 'not found'}`, () => assert.equal(matched(rules, path), match));

  it('a path of nothing but slashes is looked up as quickly as another', () => {
    const routes = new Routes<string>();
    routes.add({ pathType: 'Prefix', path: '/a', target: 'a' });
    assert.equal(routes.find('x', '/'.repeat(10_000_000)), undefined);
    assert.equal(routes.find('x', `/a${'/'.repeat(10_000_000)}`), 'a');
  });
});

describe('hosts of an Ingress', () => {
  const routes = new Routes<string>();
  for (const [host, path, target] of [['foo.com', '/', 'exact'], ['*.foo.com', '/', 'wildcard'], ['*.foo.com', '/w', 'w'], ['bar.foo.com', '/only', 'bar'], ['', '/', 'any'], ['empty.com', '/a', 'a']] as const) routes.add({ host, pathType: 'Prefix', path, target });
  routes.fallBack('its own', 'empty.com');
  routes.fallBack('general');
  routes.fallBack('later');
  for (const [host, path, expected] of [
    ['foo.com', '/', 'exact'], ['FOO.com', '/', 'exact'], ['x.foo.com', '/', 'wildcard'], ['x.foo.com', '/w/1', 'w'], ['x.y.foo.com', '/', 'any'], ['other.org', '/', 'any'],
    ['bar.foo.com', '/only/this', 'bar'],
    // The wildcard is not asked where the host has rules of its own.
    ['bar.foo.com', '/w', 'general'],
    ['empty.com', '/b', 'its own'],
  ] as const) it(`${host}${path} leads to ${expected}`, () => assert.equal(routes.find(host, path), expected));
  it('the first rule that says something counts', () => assert.equal(routes.add({ host: 'foo.com', pathType: 'ImplementationSpecific', path: '', target: 'x' }), false));
  it('a port is no part of a host', () => assert.deepEqual(['a.b:80', 'a.b', '[::1]:80', ''].map(hostName), ['a.b', 'a.b', '[::1]', '']));
});

it('paths of requests are made normal before rules see them', () => {
  for (const [target, path] of [['/a?b=/c', '/a'], ['/a/../b', '/b'], ['/a/%2e%2E/b', '/b'], ['/a/./b/', '/a/b/'], ['/a/..%2fb', '/a/..%2fb'], ['*', undefined], ['http://x/', undefined], ['/.well-known/x', '/.well-known/x']] as const) assert.equal(normalPath(target), path, target);
});
