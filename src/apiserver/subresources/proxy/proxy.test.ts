import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rewriteLink } from './links.ts';
import { parseTargetName } from './target-name.ts';

test('what a proxy path names', () => {
  const cases: readonly [string, string | undefined][] = [
    ['web', '|web|'], ['web:80', '|web|80'], ['web:http', '|web|http'], ['https:web:', 'https|web|'], ['https:web:443', 'https|web|443'], ['http:web:', 'http|web|'],
    ['ftp:web:', undefined], ['https:web', '|https|web'], ['a:b:c:d', undefined], ['', undefined], ['web:8_0', undefined], ['Web', undefined], [':web:80', '|web|80'],
  ];
  for (const [id, expected] of cases) {
    const target = parseTargetName(id);
    assert.equal(target && `${target.scheme}|${target.name}|${target.port}`, expected, id);
  }
});

test('links lead back through the proxy', () => {
  const base = { prefix: '/api/v1/namespaces/d/services/web/proxy', backendHost: '10.0.0.1:80', clientHost: 'localhost:8001' };
  const cases: readonly [string, string][] = [
    ['/', `${base.prefix}/`],
    ['/page/?a=b#c', `${base.prefix}/page/?a=b#c`],
    ['page', 'page'],
    ['../page', '../page'],
    ['#top', '#top'],
    ['http://10.0.0.1:80/page', `${base.prefix}/page`],
    ['http://localhost:8001/page', `http://localhost:8001${base.prefix}/page`],
    ['//10.0.0.1:80/x', `${base.prefix}/x`],
    ['https://elsewhere.example/page', 'https://elsewhere.example/page'],
    [`${base.prefix}/page`, `${base.prefix}/page`],
    ['mailto:someone@example.org', 'mailto:someone@example.org'],
    ['data:image/png;base64,AAAA', 'data:image/png;base64,AAAA'],
  ];
  for (const [link, expected] of cases) assert.equal(rewriteLink(link, base), expected, link);
});
