import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { clusterrolebindings, endpointslices, pods, replicasets, replicationcontrollers } from '../../../src/api/resources.ts';
import type { Service } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { agnhost } from '../pods/real-cluster.ts';
import { Scene } from './scene.ts';

/** Pods come and go behind Services, and Services change what they are, while a client in a pod asks. */
export function endpointScenarios(cluster: () => RealCluster): void {
  const endpointsOf = (scene: Scene, name: string, count: number): Promise<unknown> => cluster().until(`${count} endpoints of ${name}`, async () => {
    const { items } = await cluster().client.list(endpointslices, { namespace: scene.namespace }, { labelSelector: `kubernetes.io/service-name=${name}` });
    return items.flatMap(({ endpoints = [] }) => endpoints.filter(({ conditions }) => conditions?.ready !== false)).length === count;
  });
  const gone = async (scene: Scene, name: string): Promise<void> => {
    await cluster().client.delete(pods, { namespace: scene.namespace, name });
  };

  test('[sig-network] Services should serve a basic endpoint from pods [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'endpoint-test');
    const labels = { testid: 'endpoint-test2' };
    const name = 'endpoint-test2';
    const { spec } = await scene.service(name, { selector: labels, ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] });
    await scene.agnhost('execpod');
    const reaches = async (count: number): Promise<void> => {
      await endpointsOf(scene, name, count);
      if (count === 0) return;
      await scene.reaches('execpod', name, 80);
      await scene.reaches('execpod', spec!.clusterIP!, 80);
    };
    await reaches(0);
    const serve = (pod: string) => scene.agnhost(pod, ['netexec', '--http-port', '80'], { labels, container: { ports: [{ containerPort: 80 }] } });
    await serve('pod1');
    await reaches(1);
    await serve('pod2');
    await reaches(2);
    await gone(scene, 'pod1');
    await reaches(1);
    await gone(scene, 'pod2');
    await reaches(0);
  });

  test('[sig-network] Services should serve multiport endpoints from pods [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'multi-endpoint-test');
    const labels = { testid: 'multi-endpoint-test' };
    const name = 'multi-endpoint-test';
    const { spec } = await scene.service(name, { selector: labels, ports: [{ name: 'portname1', port: 80, targetPort: 'svc1', protocol: 'TCP' }, { name: 'portname2', port: 81, targetPort: 'svc2', protocol: 'TCP' }] });
    const serve = (pod: string, port: number, portName: string) => scene.agnhost(pod, ['netexec', '--http-port', String(port)], { labels, container: { ports: [{ name: portName, containerPort: port, protocol: 'TCP' }] } });
    await Promise.all([serve('pod1', 100, 'svc1'), serve('pod2', 101, 'svc2'), scene.agnhost('execpod')]);
    for (const port of [80, 81]) await scene.reaches('execpod', spec!.clusterIP!, port);
    await gone(scene, 'pod1');
    await scene.reachesNot('execpod', spec!.clusterIP!, 80, 'TCP');
    await scene.reaches('execpod', spec!.clusterIP!, 81);
    await gone(scene, 'pod2');
    await scene.reachesNot('execpod', spec!.clusterIP!, 81, 'TCP');
  });

  const [named, behind] = ['service', 'externalsvc'];
  for (const [from, to] of [['ExternalName', 'ClusterIP'], ['ExternalName', 'NodePort']] as const) {
    test(`[sig-network] Services should be able to change the type from ${from} to ${to} [Conformance]`, async () => {
      const scene = await Scene.start(cluster(), `externalname-to-${to.toLowerCase()}`);
      await scene.service(named, { type: from, externalName: 'foo.example.com' });
      const { spec }: Service = await scene.change(named, () => ({ type: to, selector: { app: named }, ports: [{ port: 80, name: 'http', protocol: 'TCP', targetPort: 9376 }], externalName: undefined as never }));
      const [, pod] = await Promise.all([scene.hostnames(named, 2), scene.agnhost('execpod')]);
      await scene.reaches('execpod', named, 80);
      await scene.reaches('execpod', spec!.clusterIP!, 80);
      if (to === 'NodePort') await scene.reaches('execpod', await scene.nodeAddress(pod), spec!.ports![0]!.nodePort!);
    });
    test(`[sig-network] Services should be able to change the type from ${to} to ${from} [Conformance]`, async () => {
      const scene = await Scene.start(cluster(), `${to.toLowerCase()}-to-externalname`);
      await scene.service(named, { type: to, selector: { app: named }, ports: [{ port: 80, name: 'http', protocol: 'TCP' }] });
      const target = await scene.service(behind, { selector: { app: behind }, ports: [{ port: 80, targetPort: 9376, protocol: 'TCP' }] });
      await Promise.all([scene.hostnames(behind, 2), scene.agnhost('execpod')]);
      const full = `${behind}.${scene.namespace}.svc.cluster.local`;
      const { spec } = await scene.change(named, () => ({ type: from, externalName: full, clusterIP: '' }));
      assert.equal(spec?.clusterIP ?? '', '');
      await scene.untilSays('execpod', `dig +short +search ${named} A`, (output) => output.split('\n').join(' ') === `${full}. ${target.spec!.clusterIP}`);
      await scene.reaches('execpod', named, 80);
    });
  }

  for (const [title, kind] of [['ReplicaSet should serve a basic image on each replica', 'ReplicaSet'], ['ReplicationController should serve a basic image on each replica', 'ReplicationController']] as const) {
    test(`[sig-apps] ${title} with a public image [Conformance]`, async () => {
      const scene = await Scene.start(cluster(), `basic-image-${kind.toLowerCase()}`);
      const { client } = cluster();
      const labels = { name: 'my-hostname-basic' };
      const metadata = { name: 'my-hostname-basic', namespace: scene.namespace };
      const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'hostname', image: agnhost, args: ['serve-hostname'], ports: [{ containerPort: 9376 }] }] } };
      if (kind === 'ReplicaSet') await client.create(replicasets, { apiVersion: 'apps/v1', kind, metadata, spec: { replicas: 2, selector: { matchLabels: labels }, template } });
      else await client.create(replicationcontrollers, { apiVersion: 'v1', kind, metadata, spec: { replicas: 2, selector: labels, template } });
      const running = await cluster().until('two pods', async () => {
        const { items } = await client.list(pods, { namespace: scene.namespace });
        return items.length === 2 && items.every(({ status }) => status?.phase === 'Running') && items;
      });
      for (const { metadata: { name } } of running) {
        await cluster().until(`${name} to tell its name`, async () => (await cluster().http('GET', `/api/v1/namespaces/${scene.namespace}/pods/${name}:9376/proxy/`)).text === name);
      }
    });
  }

  test('[sig-auth] ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'issuer-discovery');
    const { namespace } = scene;
    const role = 'system:service-account-issuer-discovery';
    await cluster().client.create(clusterrolebindings, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: `${namespace}-${role}` }, subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }], roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role } });
    const [mountPath, name, audience] = ['/var/run/secrets/tokens', 'sa-token', 'oidc-discovery-test'];
    await scene.agnhost('validator', [], { container: { volumeMounts: [{ mountPath, name, readOnly: true }] }, spec: { volumes: [{ name, projected: { sources: [{ serviceAccountToken: { path: name, expirationSeconds: 600, audience } }] } }] } });
    const token = (await scene.shell('validator', `cat ${mountPath}/${name}`)).trim();
    const own = '/var/run/secrets/kubernetes.io/serviceaccount';
    const fetched = async <T>(url: string): Promise<T> => JSON.parse(await scene.untilSays('validator', `curl -s -m 5 --cacert ${own}/ca.crt -H "Authorization: Bearer $(cat ${own}/token)" ${url}`, (output) => output.startsWith('{'))) as T;
    const { iss = '' } = decodeJwt(token);
    const configuration = await fetched<{ issuer: string; jwks_uri: string }>(`${iss}/.well-known/openid-configuration`);
    assert.equal(configuration.issuer, iss);
    // Keys are at an address that other machines would use: of it, only the path is this cluster's everywhere.
    const keys = await fetched<JSONWebKeySet>(`${iss}${new URL(configuration.jwks_uri).pathname}`);
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), { issuer: iss, audience });
    assert.equal(payload.sub, `system:serviceaccount:${namespace}:default`);
  });
}
