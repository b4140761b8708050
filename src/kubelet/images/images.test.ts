import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Secret } from '../../api/types/core/v1.ts';
import { parseImageName } from './image-name.ts';
import { credentialsFor } from './pull-secrets.ts';

test('image names are taken apart', () => {
  const cases: [string, string, string, string][] = [
    ['nginx', 'nginx:latest', 'docker.io', 'library/nginx'],
    ['nginx:1.14.2', 'nginx:1.14.2', 'docker.io', 'library/nginx'],
    ['jocatalin/kubernetes-bootcamp:v2', 'jocatalin/kubernetes-bootcamp:v2', 'docker.io', 'jocatalin/kubernetes-bootcamp'],
    ['localhost:5000/a/b', 'localhost:5000/a/b:latest', 'localhost:5000', 'a/b'],
    ['gcr.io/google-samples/node-hello:1.0', 'gcr.io/google-samples/node-hello:1.0', 'gcr.io', 'google-samples/node-hello'],
    [`busybox@sha256:${'a'.repeat(64)}`, `busybox@sha256:${'a'.repeat(64)}`, 'docker.io', 'library/busybox'],
  ];
  for (const [image, full, registry, repository] of cases) assert.deepEqual(parseImageName(image), { full, registry, repository });
  assert.throws(() => parseImageName('Nginx'), /^ImageNameError: Failed to apply default image tag "Nginx": couldn't parse image name "Nginx": invalid reference format: repository name \(library\/Nginx\) must be lowercase$/);
  assert.throws(() => parseImageName('a b'), /invalid reference format$/);
});

test('credentials fit by registry and path, the longest first', () => {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const auths = { 'https://index.docker.io/v1/': { auth: encode('hub:pw:with:colons') }, 'quay.io/team': { username: 'team', password: 'x' }, 'quay.io': { username: 'all', password: 'y' }, '*.example.com': { username: 'glob', password: 'z' } };
  const secret: Secret = { metadata: { name: 's' }, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': encode(JSON.stringify({ auths })) } };
  const users = (image: string): string[] => credentialsFor(parseImageName(image), [secret, { metadata: {}, data: { '.dockerconfigjson': encode('no json') } }]).map(({ username }) => username);
  assert.deepEqual(users('nginx'), ['hub']);
  assert.deepEqual(users('quay.io/team/app'), ['team', 'all']);
  assert.deepEqual(users('quay.io/teams/app'), ['all']);
  assert.deepEqual(users('registry.example.com/x'), ['glob']);
  assert.deepEqual(users('other.io/x'), []);
  assert.equal(credentialsFor(parseImageName('nginx'), [secret])[0]!.password, 'pw:with:colons');
});
