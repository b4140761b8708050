import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { certificatesigningrequests, clusterrolebindings, deployments, ingressclasses, ingresses, nodes, pods, secrets, services } from '../../src/api/resources.ts';
import type { CertificateSigningRequest } from '../../src/api/types/certificates/v1.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import { loadKubeconfig } from '../../src/client/kubeconfig.ts';
import { createHttpClient } from '../../src/client/transports/http.ts';
import { buildKubeconfig } from '../../src/pki/kubeconfig.ts';
import { until } from '../clients/until.ts';
import { Sandbox } from './program.ts';

test('each component runs in a process of its own: a Deployment becomes available, and its logs can be read', { timeout: 60_000 }, async () => {
  await using sandbox = new Sandbox();
  const kubeconfig = sandbox.path('data/admin.kubeconfig');
  const server = sandbox.start(['apiserver', '--port', '0', '--data-dir', sandbox.path('data')]);
  await server.says(/api server ready in \d+ ms[\s\S]*Ctrl-C/);
  const manager = sandbox.start(['controller-manager', '--kubeconfig', kubeconfig]);
  const scheduler = sandbox.start(['scheduler', '--kubeconfig', kubeconfig, '--leader-elect', 'false']);
  const kubelet = sandbox.start(['kubelet', '--kubeconfig', kubeconfig, '--runtime', 'simulated', '--node-name', 'alone', '--data-dir', sandbox.path('data')]);
  await Promise.all([manager.says(/controllers ready/), scheduler.says(/scheduler ready/), kubelet.says(/node ready/)]);

  const client = createHttpClient({ ...await loadKubeconfig(kubeconfig), clock: new RealClock(), random: new SystemRandom() });
  try {
    assert.deepEqual((await client.list(nodes)).items.map(({ metadata }) => metadata.name), ['alone']);
    const labels = { app: 'web' };
    await client.create(deployments, {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' },
      spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx:1.14.2' }] } } },
    });
    const done = new AbortController();
    for await (const { object } of client.watch(deployments, { namespace: 'default' }, { resourceVersion: '0', signal: done.signal })) {
      if (object.status?.availableReplicas === 2) break;
    }
    done.abort();
    const [pod] = (await client.list(pods, { namespace: 'default' })).items;
    assert.equal(pod?.status?.phase, 'Running');
    assert.equal(typeof await client.raw('GET', `/api/v1/namespaces/default/pods/${pod!.metadata.name}/log`), 'string');
  } finally {
    client.close();
  }
  assert.deepEqual(await Promise.all([kubelet, scheduler, manager].map((component) => component.stop())), [0, 0, 0]);
  assert.equal(await server.stop(), 0);
  for (const { stderr } of [kubelet, scheduler, manager, server]) assert.doesNotMatch(stderr, /ERROR|error:/);
});

test('the controllers of the local cloud and the ingress controller run alone: a Service gets an address, and an Ingress is served', { timeout: 60_000 }, async () => {
  await using sandbox = new Sandbox();
  const kubeconfig = sandbox.path('data/admin.kubeconfig');
  const server = sandbox.start(['server', '--port', '0', '--data-dir', sandbox.path('data'), '--load-balancer-pool', 'none']);
  await server.says(/Ctrl-C/);
  const cloud = sandbox.start(['cloud-controller-manager', '--kubeconfig', kubeconfig, '--load-balancer-pool', '192.0.2.10-192.0.2.12', '--leader-elect', 'false']);
  const ingress = sandbox.start(['ingress', '--kubeconfig', kubeconfig, '--http-port', '0', '--https-port', '0', '--publish-address', '192.0.2.80']);
  await Promise.all([cloud.says(/controllers of the cloud ready/), ingress.says(/ingress on 127\.0\.0\.1:\d+ ready/)]);
  const client = createHttpClient({ ...await loadKubeconfig(kubeconfig), clock: new RealClock(), random: new SystemRandom() });
  try {
    const done = new AbortController();
    await client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name: 'web' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } });
    for await (const { object } of client.watch(services, { namespace: 'default' }, { resourceVersion: '0', signal: done.signal })) {
      if (object.status?.loadBalancer?.ingress?.[0]?.ip === '192.0.2.10') break;
    }
    await client.create(ingressclasses, { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name: 'coxswain' }, spec: { controller: 'coxswain.io/ingress-controller' } });
    await client.create(ingresses, { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { namespace: 'default', name: 'web' }, spec: { ingressClassName: 'coxswain', defaultBackend: { service: { name: 'web', port: { number: 80 } } } } });
    for await (const { object } of client.watch(ingresses, { namespace: 'default' }, { resourceVersion: '0', signal: done.signal })) {
      if (object.status?.loadBalancer?.ingress?.[0]?.ip === '192.0.2.80') break;
    }
    done.abort();
  } finally {
    client.close();
  }
  assert.deepEqual(await Promise.all([cloud, ingress].map((component) => component.stop())), [0, 0]);
  assert.equal(await server.stop(), 0);
  for (const { stderr } of [cloud, ingress, server]) assert.doesNotMatch(stderr, /ERROR|error:/);
});

test('a node joins by a token: it asks for its certificates, keeps them to itself and serves by them', { timeout: 60_000 }, async () => {
  await using sandbox = new Sandbox();
  const admin = sandbox.path('server/admin.kubeconfig');
  const server = sandbox.start(['server', '--port', '0', '--data-dir', sandbox.path('server')]);
  await server.says(/Ctrl-C/);
  const connection = await loadKubeconfig(admin);
  const client = createHttpClient({ ...connection, clock: new RealClock(), random: new SystemRandom() });
  try {
    await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', type: 'bootstrap.kubernetes.io/token', metadata: { namespace: 'kube-system', name: 'bootstrap-token-abcdef' }, stringData: { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' } });
    for (const [name, role] of [['join', 'system:node-bootstrapper'], ['approve', 'system:certificates.k8s.io:certificatesigningrequests:nodeclient']] as const) {
      await client.create(clusterrolebindings, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:bootstrappers' }] });
    }
    const bootstrap = sandbox.path('bootstrap.kubeconfig');
    writeFileSync(bootstrap, buildKubeconfig({ server: connection.server, authority: connection.ca ?? '', user: { name: 'joiner', credentials: { token: 'abcdef.0123456789abcdef' } }, clusterName: 'c', contextName: 'c' }));
    const config = sandbox.path('kubelet.yaml');
    writeFileSync(config, 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nrotateCertificates: true\nserverTLSBootstrap: true\n');
    const own = sandbox.path('node/kubelet.kubeconfig');
    const start = (): ReturnType<Sandbox['start']> => sandbox.start(['kubelet', '--bootstrap-kubeconfig', bootstrap, '--kubeconfig', own, '--config', config, '--runtime', 'simulated', '--node-name', 'joined', '--data-dir', sandbox.path('node')]);
    const kubelet = start();
    await kubelet.says(/node ready/);
    assert.deepEqual((await client.list(nodes)).items.map(({ metadata }) => metadata.name), ['joined']);
    const file = sandbox.path('node/kubelet/pki/kubelet-client-current.pem');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal((await loadKubeconfig(own)).clientCertificate, readFileSync(file, 'utf8'));

    const serving = async (): Promise<CertificateSigningRequest | undefined> => (await client.list(certificatesigningrequests)).items.find(({ spec }) => spec.signerName === 'kubernetes.io/kubelet-serving');
    const asked = await serving();
    assert.equal(asked?.status?.certificate, undefined, 'nobody approves these by itself');
    await client.update(certificatesigningrequests, { ...asked!, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Admin', message: 'known' }] } }, { subresource: 'approval' });
    await client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec: { nodeName: 'joined', containers: [{ name: 'web', image: 'nginx:1' }] } });
    await until(() => client.raw('GET', '/api/v1/namespaces/default/pods/web/log'), (log) => typeof log === 'string');
    assert.equal(await kubelet.stop(), 0);

    await client.delete(secrets, { namespace: 'kube-system', name: 'bootstrap-token-abcdef' });
    const again = start();
    await again.says(/node ready/);
    assert.equal(await again.stop(), 0);
  } finally {
    client.close();
  }
});

test('a component says what is wrong with its way to the API server, and ends', { timeout: 60_000 }, async () => {
  await using sandbox = new Sandbox();
  const { writeFileSync } = await import('node:fs');
  const file = sandbox.path('kubeconfig');
  const config = (server: string): void => writeFileSync(file, `apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\nclusters: [{name: a, cluster: {server: "${server}"}}]\nusers: [{name: a, user: {token: x}}]\n`);
  config('https://127.0.0.1:1');
  const refused = await sandbox.run(['scheduler', '--kubeconfig', file]);
  assert.match(refused.stderr, /^error: the API server at https:\/\/127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED.*; is it running, and is the kubeconfig its own\?\n$/);
  assert.equal(refused.code, 1);
  const missing = await sandbox.run(['proxy', '--kubeconfig', sandbox.path('none')]);
  assert.match(missing.stderr, /^error: --kubeconfig: .*no such file.*\n$/);
  assert.equal(missing.code, 1);
  writeFileSync(file, 'current-context: b\n');
  const incomplete = await sandbox.run(['dns', '--kubeconfig', file]);
  assert.match(incomplete.stderr, /^error: --kubeconfig: kubeconfig .*context "b" does not exist\n$/);
  config('https://127.0.0.1:1');
  const unknown = await sandbox.run(['controller-manager', '--kubeconfig', file, '--controllers', '*,-moon']);
  assert.match(unknown.stderr, /^error: "moon" is not in the list of known controllers\n$/);
  const half = await sandbox.run(['kubelet', '--kubeconfig', file, '--tls-cert-file', 'x']);
  assert.match(half.stderr, /^error: --tls-cert-file, --tls-private-key-file and --client-ca-file go together: give all three or none\n$/);
  assert.equal(half.code, 2);
});
