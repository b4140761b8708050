import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { pods } from '../../../src/api/resources.ts';
import type { Deployment } from '../../../src/api/types/apps/v1.ts';
import type { ReplicationController, Service } from '../../../src/api/types/core/v1.ts';
import { runOurs } from '../../kubectl/run-ours.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { agnhost } from '../pods/real-cluster.ts';
import { Scene } from './scene.ts';

const nautilus = 'registry.k8s.io/e2e-test-images/nautilus:1.7';

const demo: ReplicationController = {
  apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'update-demo-nautilus' },
  spec: { replicas: 2, selector: { name: 'update-demo', version: 'nautilus' }, template: { metadata: { labels: { name: 'update-demo', version: 'nautilus' } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ image: nautilus, name: 'update-demo', ports: [{ containerPort: 80, protocol: 'TCP' }] }] } } },
};

function guestbookService(name: string, labels: Record<string, string>, port: number): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, labels }, spec: { ports: [{ port }], selector: labels } };
}

function guestbookDeployment(name: string, labels: Record<string, string>, { replicas, args, port }: { readonly replicas: number; readonly args: readonly string[]; readonly port: number }): Deployment {
  const container = { name, image: agnhost, args: ['guestbook', ...args], resources: { requests: { cpu: '10m', memory: '100Mi' } }, ports: [{ containerPort: port }] };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } } } };
}

const [primary, replica, frontend] = [{ app: 'agnhost', role: 'primary', tier: 'backend' }, { app: 'agnhost', role: 'replica', tier: 'backend' }, { app: 'guestbook', tier: 'frontend' }];
const guestbook = [
  guestbookService('agnhost-replica', replica, 6379), guestbookService('agnhost-primary', primary, 6379), guestbookService('frontend', frontend, 80),
  guestbookDeployment('frontend', frontend, { replicas: 3, args: ['--backend-port', '6379'], port: 80 }),
  guestbookDeployment('agnhost-primary', primary, { replicas: 1, args: ['--http-port', '6379'], port: 6379 }),
  guestbookDeployment('agnhost-replica', replica, { replicas: 2, args: ['--replicaof', 'agnhost-primary', '--http-port', '6379'], port: 6379 }),
];

/** Applications that Kubernetes' documentation begins with, by kubectl. */
export function demoScenarios(cluster: () => RealCluster): void {
  const kubectlOf = (namespace: string) => async (line: readonly string[], stdin?: string): Promise<string> => {
    const { code, stdout, stderr } = await runOurs([...line, '-n', namespace], { environment: { KUBECONFIG: cluster().cluster.adminKubeconfig }, folder: cluster().folder, ...(stdin !== undefined && { stdin }) });
    assert.equal(code, 0, `kubectl ${line.join(' ')}: ${stderr}`);
    return stdout;
  };
  type Kubectl = ReturnType<typeof kubectlOf>;

  /** So many pods run the image and say that they do. */
  const runs = async (kubectl: Kubectl, namespace: string, replicas: number): Promise<void> => {
    await cluster().until(`${replicas} of the demo`, async () => {
      const names = (await kubectl(['get', 'pods', '-o', 'template', '--template={{range.items}}{{.metadata.name}} {{end}}', '-l', 'name=update-demo'])).split(' ').filter((name) => name !== '');
      if (names.length !== replicas) return false;
      for (const name of names) {
        if (await kubectl(['get', 'pods', name, '-o', 'template', '--template={{if (exists . "status" "containerStatuses")}}{{range .status.containerStatuses}}{{if (and (eq .name "update-demo") (exists . "state" "running"))}}true{{end}}{{end}}{{end}}']) !== 'true') return false;
        assert.equal(await kubectl(['get', 'pods', name, '-o', 'template', '--template={{if (exists . "spec" "containers")}}{{range .spec.containers}}{{if eq .name "update-demo"}}{{.image}}{{end}}{{end}}{{end}}']), nautilus);
        const { status, text } = await cluster().http('GET', `/api/v1/namespaces/${namespace}/pods/${name}/proxy/data.json`);
        if (status !== 200) return false;
        assert.match((JSON.parse(text) as { image: string }).image, /nautilus\.jpg/);
      }
      return true;
    });
  };
  const stopped = async (kubectl: Kubectl, namespace: string, manifest: string): Promise<void> => {
    await kubectl(['delete', '--grace-period=0', '--force', '-f', '-'], manifest);
    await cluster().until('its pods to be gone', async () => (await cluster().client.list(pods, { namespace })).items.length === 0);
  };

  test('[sig-cli] Kubectl client Update Demo should create and stop a replication controller [Conformance]', async () => {
    const { namespace } = await Scene.start(cluster(), 'update-demo');
    const kubectl = kubectlOf(namespace);
    await kubectl(['create', '-f', '-'], stringify(demo));
    await runs(kubectl, namespace, 2);
    await stopped(kubectl, namespace, stringify(demo));
  });

  test('[sig-cli] Kubectl client Update Demo should scale a replication controller [Conformance]', async () => {
    const { namespace } = await Scene.start(cluster(), 'update-demo-scale');
    const kubectl = kubectlOf(namespace);
    await kubectl(['create', '-f', '-'], stringify(demo));
    await runs(kubectl, namespace, 2);
    for (const replicas of [1, 2]) {
      await kubectl(['scale', 'rc', 'update-demo-nautilus', `--replicas=${replicas}`, '--timeout=5m']);
      await runs(kubectl, namespace, replicas);
    }
    await stopped(kubectl, namespace, stringify(demo));
  });

  test('[sig-cli] Kubectl client Guestbook application should create and stop a working application [Conformance]', async () => {
    const { namespace } = await Scene.start(cluster(), 'guestbook');
    const kubectl = kubectlOf(namespace);
    for (const object of guestbook) await kubectl(['create', '-f', '-'], stringify(object));
    const says = async (command: string, value: string, expected: string): Promise<void> => {
      let last = '';
      await cluster().until(`the guestbook to ${command}`, async () => {
        const { status, text } = await cluster().http('GET', `/api/v1/namespaces/${namespace}/services/frontend/proxy/guestbook?cmd=${command}&key=messages&value=${value}`);
        last = `${status} ${text}`;
        return text === expected;
      }).catch((error: unknown) => { throw new Error(`${(error as Error).message}: ${last}`, { cause: error }); });
    };
    await says('get', '', '{"data":""}');
    await says('set', 'TestEntry', '{"message":"Updated"}');
    await says('get', '', '{"data":"TestEntry"}');
    await stopped(kubectl, namespace, guestbook.map((object) => stringify(object)).join('---\n'));
  });
}
