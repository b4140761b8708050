import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, pods } from '../../../src/api/resources.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { agnhost } from '../pods/real-cluster.ts';
import { Scene } from './scene.ts';

const attempts = 20;
const served = {
  SERVE_PORT_80: '<a href="/rewriteme">test</a>', SERVE_PORT_1080: '<a href="/rewriteme">test</a>', SERVE_PORT_160: 'foo', SERVE_PORT_162: 'bar',
  SERVE_TLS_PORT_443: '<a href="/tlsrewriteme">test</a>', SERVE_TLS_PORT_460: 'tls baz', SERVE_TLS_PORT_462: 'tls qux',
};

/** Pods and Services through the API server. */
export function apiProxyScenarios(cluster: () => RealCluster): void {
  test('[sig-network] Proxy version v1 should proxy through a service and a pod [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'proxy-both');
    const { namespace } = scene;
    const labels = { 'proxy-service-target': 'true' };
    const { metadata: { name } } = await scene.service('proxy-service', {
      selector: labels,
      ports: [{ name: 'portname1', port: 80, targetPort: 'dest1' }, { name: 'portname2', port: 81, targetPort: 162 }, { name: 'tlsportname1', port: 443, targetPort: 'tlsdest1' }, { name: 'tlsportname2', port: 444, targetPort: 462 }],
    });
    await cluster().client.create(deployments, {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: name!, namespace },
      spec: {
        replicas: 1, selector: { matchLabels: labels }, strategy: { type: 'Recreate' },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [{
              name: name!, image: agnhost, command: ['/agnhost', 'porter'], env: Object.entries(served).map(([key, value]) => ({ name: key, value })),
              ports: [{ containerPort: 80 }, { name: 'dest1', containerPort: 160 }, { name: 'dest2', containerPort: 162 }, { name: 'tlsdest1', containerPort: 460 }, { name: 'tlsdest2', containerPort: 462 }],
              readinessProbe: { httpGet: { port: 80 }, initialDelaySeconds: 1, timeoutSeconds: 5, periodSeconds: 1 },
            }],
          },
        },
      },
    });
    await cluster().until('the Deployment', async () => (await cluster().client.get(deployments, { namespace, name: name! })).status?.availableReplicas === 1);
    const pod = (await cluster().client.list(pods, { namespace }, { labelSelector: 'proxy-service-target=true' })).items[0]!.metadata.name!;
    const part = (scheme: string, of: string, port: string): string => (scheme === '' ? (port === '' ? of : `${of}:${port}`) : `${scheme}:${of}:${port}`);
    const service = (scheme: string, port: string): string => `/api/v1/namespaces/${namespace}/services/${part(scheme, name!, port)}/proxy`;
    const through = (scheme: string, port: string): string => `/api/v1/namespaces/${namespace}/pods/${part(scheme, pod, port)}/proxy`;
    const page = (scheme: string, port: string, path = 'rewriteme'): [string, string] => [`${through(scheme, port)}/`, `<a href="${through(scheme, port)}/${path}">test</a>`];
    const expectations: readonly [string, string][] = [
      ...['', 'http'].flatMap((scheme): [string, string][] => [[`${service(scheme, 'portname1')}/`, 'foo'], [`${service(scheme, 'portname2')}/`, 'bar'], page(scheme, '1080'), [`${through(scheme, '160')}/`, 'foo'], [`${through(scheme, '162')}/`, 'bar']]),
      [`${service('https', 'tlsportname1')}/`, 'tls baz'], [`${service('https', 'tlsportname2')}/`, 'tls qux'],
      page('', ''), page('https', '443', 'tlsrewriteme'), [`${through('https', '460')}/`, 'tls baz'], [`${through('https', '462')}/`, 'tls qux'],
    ];
    await cluster().until('the service', async () => (await cluster().http('GET', expectations[0]![0])).text === 'foo');
    for (let attempt = 0; attempt < attempts; attempt++) {
      const answers = await Promise.all(expectations.map(async ([path]) => cluster().http('GET', path)));
      assert.deepEqual(answers.map(({ status, text }, index) => [expectations[index]![0], status, text]), expectations.map(([path, text]) => [path, 200, text]));
    }
  });

  /** A pod that answers in JSON, and a Service in front. */
  const porter = async (scene: Scene, serviceName: string): Promise<readonly string[]> => {
    const labels = { test: 'response' };
    await scene.agnhost('agnhost', [], { labels, container: { command: ['/agnhost', 'porter', '--json-response'], env: [{ name: 'SERVE_PORT_80', value: 'foo' }] }, spec: { restartPolicy: 'Never' } });
    await scene.service(serviceName, { selector: labels, ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] });
    return [`/api/v1/namespaces/${scene.namespace}/pods/agnhost/proxy`, `/api/v1/namespaces/${scene.namespace}/services/${serviceName}/proxy`];
  };
  const answers = async (method: string, path: string): Promise<void> => {
    await cluster().until(`${method} ${path}`, async () => {
      const { status, text } = await cluster().http(method, path);
      if (status !== 200) return false;
      if (method !== 'HEAD') assert.deepEqual(JSON.parse(text), { Method: method, Body: 'foo' });
      return true;
    });
  };

  test('[sig-network] Proxy version v1 A set of valid responses are returned for both pod and service ProxyWithPath [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'proxy-path');
    for (const base of await porter(scene, 'test-service')) {
      for (const method of ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']) await answers(method, `${base}/some/path/with/${method}`);
    }
  });

  test('[sig-network] Proxy version v1 A set of valid responses are returned for both pod and service Proxy [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'proxy-bare');
    for (const base of await porter(scene, 'e2e-proxy-test-service')) {
      for (const method of ['DELETE', 'OPTIONS', 'PATCH', 'POST', 'PUT']) await answers(method, `${base}?method=${method}`);
      for (const method of ['GET', 'HEAD']) assert.equal((await cluster().http(method, `${base}?method=${method}`)).status, 301);
    }
  });
}
