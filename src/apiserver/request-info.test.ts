import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { deployments, namespaces, nodes, pods } from '../api/resources.ts';
import type { RestRequest } from '../client/rest-client.ts';
import { createRestClient } from '../client/rest-client.ts';
import { parseRequestInfo, targetInfo } from './request-info.ts';

test('what a client hands over beside a path is what the path says', async () => {
  const sent: RestRequest[] = [];
  const client = createRestClient({
    defaultFieldManager: 'test',
    request: (request) => {
      sent.push(request);
      return Promise.resolve({});
    },
    watch: () => { throw new Error('nobody watches'); },
  });
  const odd: ResourceType<KubeObject> = { group: 'example.com', version: 'v1', resource: 'status', kind: 'Status', namespaced: true };
  for (const type of [pods, deployments, nodes, namespaces, odd] as readonly ResourceType<KubeObject>[]) {
    for (const ref of [{ namespace: 'x', name: 'a' }, { name: 'a' }, { namespace: 'x', name: '' }, { namespace: 'a b', name: 'ä/%2F..' }]) {
      await client.get(type, ref, { resourceVersion: '7' });
      await client.create(type, { metadata: ref }, { fieldManager: 'a b' });
      await client.update(type, { metadata: ref }, { subresource: 'status' });
      await client.patch(type, ref, { type: 'apply', value: {} }, { force: true });
      await client.delete(type, ref);
      await client.createSubresource(type, ref, 'token', { metadata: {} });
      await client.getSubresource(type, ref, 'proxy/and/more');
    }
  }
  let known = 0;
  for (const { method, path, target } of sent) {
    if (target === undefined) continue;
    known += 1;
    const [bare = '', query = ''] = path.split('?');
    assert.deepEqual([target.path, target.query], [bare, query]);
    assert.deepEqual(targetInfo(method, target), parseRequestInfo(method, bare, new URLSearchParams(query)), path);
  }
  assert.equal(known, 3 * (3 * 6 + 1));
});

test('paths that end early, or in a slash, or hold what was escaped', () => {
  const shown = (method: string, path: string): string => {
    const { isResourceRequest, verb, apiGroup, namespace, resource, subresource, name, remainder } = parseRequestInfo(method, path, undefined);
    return isResourceRequest ? [verb, apiGroup, namespace, resource, subresource, name, remainder].join(' ') : verb;
  };
  assert.equal(shown('GET', '/apis/apps/v1'), 'get');
  assert.equal(shown('GET', '/api/v1/pods/'), 'list   pods   ');
  assert.equal(shown('DELETE', '/api/v1/namespaces/x/pods/'), 'deletecollection  x pods   ');
  assert.equal(shown('PUT', '/api/v1/namespaces/x/finalize'), 'update  x namespaces finalize x ');
  assert.equal(shown('GET', '/api/v1/watch/namespaces/x/pods/a'), 'watch  x pods  a ');
  assert.equal(shown('GET', '/api/v1/namespaces/x/pods/a%2Fb/proxy/c%2Fd/e/'), 'get  x pods proxy a/b c%2Fd/e');
  assert.throws(() => shown('GET', '/api/v1/watch'), { message: 'unable to determine kind and namespace from url' });
  assert.throws(() => shown('GET', '/api/v1/pods/%zz'), { message: 'invalid URL escape "%zz"' });
});
