/**
 * VictoriaMetrics out of its Debian package, with nothing but a service account: it discovers what there is, follows it by its
 * own list and watch, and scrapes the API server. (Debian builds Prometheus without its discovery of Kubernetes.)
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppsV1Api, CoreV1Api, KubeConfig, NetworkingV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { findExecutable } from '../../src/host/capabilities.ts';
import { debianProgram } from '../e2e/debian-program.ts';
import { startSimulatedCluster } from './simulated-cluster.ts';
import { until } from './until.ts';

const namespace = 'default';
const roles = ['node', 'service', 'pod', 'endpoints', 'endpointslice', 'ingress'] as const;

const installed = findExecutable('victoria-metrics');
const victoria = installed !== undefined ? { path: installed } : await debianProgram({ suite: 'bookworm', package: 'victoria-metrics', file: 'usr/bin/victoria-metrics', keptAt: 'victoria-metrics/victoria-metrics' });
const skip = 'path' in victoria ? false : `there is no victoria-metrics: ${victoria.missing}`;

interface Targets { readonly data: { readonly activeTargets: readonly { readonly scrapePool: string; readonly discoveredLabels: Readonly<Record<string, string>> }[] } }
interface Vector { readonly data: { readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }[] } }

/** What its documentation says that it needs. */
async function letIn(config: KubeConfig): Promise<string> {
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const core = config.makeApiClient(CoreV1Api);
  const verbs = ['get', 'list', 'watch'];
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'metrics' } } });
  await rbac.createClusterRole({ body: { metadata: { name: 'metrics' }, rules: [
    { apiGroups: [''], resources: ['nodes', 'nodes/metrics', 'services', 'endpoints', 'pods'], verbs },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs },
    { nonResourceURLs: ['/metrics'], verbs: ['get'] },
  ] } });
  await rbac.createClusterRoleBinding({ body: { metadata: { name: 'metrics' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'metrics' }, subjects: [{ kind: 'ServiceAccount', name: 'metrics', namespace }] } });
  const { status } = await core.createNamespacedServiceAccountToken({ namespace, name: 'metrics', body: { spec: { audiences: [], expirationSeconds: 3600 } } });
  return status!.token!;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

interface Running extends AsyncDisposable {
  readonly core: CoreV1Api;
  readonly config: KubeConfig;
  /** Asks VictoriaMetrics. */
  query<T>(path: string): Promise<T>;
  log(): string;
}

async function start(program: string): Promise<Running> {
  const undo = new AsyncDisposableStack();
  const { kubeconfig } = undo.use(await startSimulatedCluster());
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const folder = await mkdtemp(join(tmpdir(), 'coxswain-victoria-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const { server, caData } = config.getCurrentCluster()!;
  await writeFile(join(folder, 'token'), await letIn(config), { mode: 0o600 });
  await writeFile(join(folder, 'ca.crt'), Buffer.from(caData!, 'base64'));
  const access = { authorization: { credentials_file: join(folder, 'token') }, tls_config: { ca_file: join(folder, 'ca.crt') } };
  await writeFile(join(folder, 'scrape.yml'), JSON.stringify({
    global: { scrape_interval: '1s' },
    scrape_configs: [
      { job_name: 'apiserver', scheme: 'https', ...access, static_configs: [{ targets: [new URL(server).host] }] },
      // Nothing listens at simulated pods: what is discovered is looked at, and not scraped before the test has ended.
      ...roles.map((role) => ({ job_name: role, scrape_interval: '10h', kubernetes_sd_configs: [{ role, api_server: server, ...access }] })),
    ],
  }));
  const port = await freePort();
  const child: ChildProcess = spawn(program, [`-promscrape.config=${folder}/scrape.yml`, `-storageDataPath=${folder}/data`, `-httpListenAddr=127.0.0.1:${port}`, '-promscrape.kubernetesSDCheckInterval=1s', '-search.latencyOffset=0s'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { log += text; });
  const ended = new Promise((resolve) => { child.on('close', resolve); });
  undo.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    core: config.makeApiClient(CoreV1Api), config,
    query: async <T>(path: string) => (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`, { signal: AbortSignal.timeout(5000) })).json() as Promise<T>,
    log: () => log,
    [Symbol.asyncDispose]: () => undo.disposeAsync(),
  };
}

test('VictoriaMetrics discovers nodes, services, pods, endpoints, slices and ingresses, follows them, and reads the API server\'s metrics', { skip }, async () => {
  await using it = await start('path' in victoria ? victoria.path : '');
  const { core, config } = it;
  const apps = config.makeApiClient(AppsV1Api);
  const labels = { app: 'web' };
  await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: 'web' }, spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels, annotations: { 'prometheus.io/scrape': 'true' } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'web', image: 'nginx:1.14.2', ports: [{ name: 'http', containerPort: 80 }] }] } } } } });
  await core.createNamespacedService({ namespace, body: { metadata: { name: 'web', annotations: { 'prometheus.io/scrape': 'true' } }, spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] } } });
  await config.makeApiClient(NetworkingV1Api).createNamespacedIngress({ namespace, body: { metadata: { name: 'web' }, spec: { rules: [{ host: 'web.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } }] } }] } } });

  const found = async (): Promise<Record<string, Record<string, string>[]>> => {
    const { data } = await it.query<Targets>('targets?state=active');
    return Object.groupBy(data.activeTargets.map(({ discoveredLabels }) => discoveredLabels), ({ job }) => job!) as Record<string, Record<string, string>[]>;
  };
  const web = (targets: readonly Record<string, string>[] | undefined, label: string): Record<string, string>[] => (targets ?? []).filter((target) => target[label] === 'web');
  const isComplete = (pods: number) => (targets: Awaited<ReturnType<typeof found>>): boolean => (
    targets['node']?.length === 1 && web(targets['service'], '__meta_kubernetes_service_name').length === 1
    && web(targets['pod'], '__meta_kubernetes_pod_label_app').filter((pod) => pod['__meta_kubernetes_pod_ready'] === 'true').length === pods
    && web(targets['endpoints'], '__meta_kubernetes_service_name').length === pods && web(targets['endpointslice'], '__meta_kubernetes_service_name').length === pods
    && targets['ingress']?.length === 1);
  const targets = await until(found, isComplete(2)).catch((error: unknown) => { throw new Error(it.log().slice(-3000), { cause: error }); });
  const [pod] = web(targets['pod'], '__meta_kubernetes_pod_label_app');
  assert.partialDeepStrictEqual(pod, { __meta_kubernetes_pod_phase: 'Running', __meta_kubernetes_pod_node_name: 'node-1', __meta_kubernetes_pod_container_port_name: 'http', __meta_kubernetes_pod_controller_kind: 'ReplicaSet', '__meta_kubernetes_pod_annotation_prometheus_io_scrape': 'true', __scheme__: 'http' });
  assert.equal(pod!['__address__'], `${pod!['__meta_kubernetes_pod_ip']}:80`);
  assert.partialDeepStrictEqual(web(targets['endpoints'], '__meta_kubernetes_service_name')[0], { __meta_kubernetes_endpoint_ready: 'true', __meta_kubernetes_endpoint_port_name: 'http', __meta_kubernetes_service_annotation_prometheus_io_scrape: 'true' });
  assert.partialDeepStrictEqual(targets['ingress']![0], { __meta_kubernetes_ingress_host: 'web.example.com', __meta_kubernetes_ingress_path: '/' });
  assert.partialDeepStrictEqual(targets['node']![0], { __meta_kubernetes_node_name: 'node-1', __meta_kubernetes_node_label_kubernetes_io_os: 'linux' });

  // Its watches tell it of what changes.
  await apps.patchNamespacedDeploymentScale({ namespace, name: 'web', body: [{ op: 'replace', path: '/spec/replicas', value: 3 }] });
  await until(found, isComplete(3));
  await core.deleteNamespacedService({ namespace, name: 'web' });
  await until(found, (now) => web(now['service'], '__meta_kubernetes_service_name').length === 0 && web(now['endpoints'], '__meta_kubernetes_service_name').length === 0 && web(now['endpointslice'], '__meta_kubernetes_service_name').length === 0);

  // Its own watches are among what it reads of the API server.
  await until(() => it.query<Vector>(`query?query=${encodeURIComponent('sum by (resource) (apiserver_longrunning_requests{job="apiserver",verb="WATCH"})')}`), ({ data }) => ['pods', 'endpointslices', 'ingresses'].every((resource) => data.result.some(({ metric, value }) => metric['resource'] === resource && Number(value[1]) > 0)));
  assert.doesNotMatch(it.log(), /\terror\t.*kubernetes/i);
});
