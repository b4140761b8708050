/** What conformance asks of kubectl, with the one that is installed; skipped where there is none. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { KubectlCluster } from './kubectl-cluster.ts';
import { startKubectlCluster, withoutKubectl } from './kubectl-cluster.ts';

const skip = withoutKubectl;
let running: KubectlCluster;

before(async () => {
  if (skip === false) running = await startKubectlCluster();
});
after(async () => {
  if (skip === false) await running[Symbol.asyncDispose]();
});

const start = (args: readonly string[]) => running.start(args);
const kubectl = async (args: readonly string[], options: { readonly stdin?: string; readonly code?: number } = {}): Promise<string> => (await running.run(args, options)).out;

const rc = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'ReplicationController', metadata: { name, labels: { app: name } }, spec: { replicas: 1, selector: { app: name }, template: { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'agnhost-primary', image: 'registry.k8s.io/e2e-test-images/agnhost:2.59', ports: [{ name: 'agnhost-server', containerPort: 6379 }] }] } } } });
const pod = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { name } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name, image: 'registry.k8s.io/e2e-test-images/httpd:2.4', ports: [{ containerPort: 80 }] }] } });

/** An rc whose pod runs; the pod's name. */
async function runningRc(name: string): Promise<string> {
  await kubectl(['create', '-f', '-'], { stdin: rc(name) });
  await kubectl(['wait', `rc/${name}`, '--for=jsonpath={.status.readyReplicas}=1', '--timeout=20s']);
  return kubectl(['get', 'pods', '-l', `app=${name}`, '-o', 'jsonpath={.items[0].metadata.name}']);
}

test('[sig-cli] Kubectl client Kubectl api-versions should check if v1 is in available api versions [Conformance]', { skip }, async () => {
  assert.ok((await kubectl(['api-versions'])).split('\n').includes('v1'));
});

test('[sig-cli] Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info [Conformance]', { skip }, async () => {
  assert.match(stripVTControlCharacters(await kubectl(['cluster-info'])), /Kubernetes control plane is running at https:\/\//);
});

test('[sig-cli] Kubectl client Kubectl version should check is all data is printed [Conformance]', { skip }, async () => {
  const text = await kubectl(['version']);
  assert.match(text, /^Client Version: /m);
  assert.match(text, /^Server Version: v1\.36\.\d+/m);
});

test('[sig-cli] Kubectl client Kubectl describe should check if kubectl describe prints relevant information for rc and pods [Conformance]', { skip }, async () => {
  const name = await runningRc('describe-primary');
  const shows = (text: string, lines: readonly (readonly string[])[]) => {
    for (const parts of lines) assert.ok(text.split('\n').some((line) => parts.every((part) => line.includes(part))), `${parts.join(' … ')} in\n${text}`);
  };
  shows(await kubectl(['describe', 'pod', name]), [['Name:', name], ['Namespace:', 'default'], ['Node:'], ['Labels:', 'app=describe-primary'], ['Annotations:'], ['Status:', 'Running'], ['IP:'], ['Controlled By:', 'ReplicationController/describe-primary'], ['Image:', 'agnhost'], ['State:', 'Running'], ['QoS Class:', 'BestEffort']]);
  shows(await kubectl(['describe', 'rc', 'describe-primary']), [['Name:', 'describe-primary'], ['Namespace:', 'default'], ['Selector:', 'app=describe-primary'], ['Replicas:', '1 current', '1 desired'], ['Pods Status:', '1 Running', '0 Waiting', '0 Succeeded', '0 Failed'], ['Pod Template:'], ['Image:', 'agnhost'], ['Events:']]);
  await kubectl(['expose', 'rc', 'describe-primary', '--port=6379']);
  shows(await kubectl(['describe', 'service', 'describe-primary']), [['Name:', 'describe-primary'], ['Selector:', 'app=describe-primary'], ['Type:', 'ClusterIP'], ['IP:'], ['Port:', '<unset>', '6379/TCP'], ['Endpoints:'], ['Session Affinity:', 'None']]);
  shows(await kubectl(['describe', 'node', 'node-1']), [['Name:', 'node-1'], ['Labels:'], ['Annotations:'], ['CreationTimestamp:'], ['Conditions:'], ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'], ['Addresses:'], ['Capacity:'], ['Version:'], ['Kubelet Version:'], ['Pods:']]);
  shows(await kubectl(['describe', 'namespace', 'default']), [['Name:', 'default'], ['Labels:'], ['Annotations:'], ['Status:', 'Active'], ['No resource quota'], ['No LimitRange resource']]);
  await kubectl(['delete', 'rc,service', 'describe-primary', '--wait=false']);
});

test('[sig-cli] Kubectl client Kubectl expose should create services for rc [Conformance]', { skip }, async () => {
  await runningRc('agnhost-primary');
  const check = async (name: string, port: number) => assert.equal(await kubectl(['get', 'service', name, '-o', 'jsonpath={.spec.ports[0].port} {.spec.ports[0].targetPort} {.spec.selector.app}']), `${port} 6379 agnhost-primary`);
  await kubectl(['expose', 'rc', 'agnhost-primary', '--name=rm2', '--port=1234', '--target-port=6379']);
  await check('rm2', 1234);
  await kubectl(['expose', 'service', 'rm2', '--name=rm3', '--port=2345', '--target-port=6379']);
  await check('rm3', 2345);
  await kubectl(['wait', 'endpoints/rm3', '--for=jsonpath={.subsets[0].ports[0].port}=6379', '--timeout=20s']);
  await kubectl(['delete', 'rc/agnhost-primary', 'service/rm2', 'service/rm3', '--wait=false']);
});

test('[sig-cli] Kubectl client Kubectl label should update the label on a resource [Conformance]', { skip }, async () => {
  await kubectl(['create', '-f', '-'], { stdin: pod('pause') });
  await kubectl(['label', 'pods', 'pause', 'testing-label=testing-label-value']);
  assert.match(await kubectl(['get', 'pod', 'pause', '-L', 'testing-label']), /testing-label-value/);
  await kubectl(['label', 'pods', 'pause', 'testing-label-']);
  assert.doesNotMatch(await kubectl(['get', 'pod', 'pause', '-L', 'testing-label']), /testing-label-value/);
  await kubectl(['delete', 'pod', 'pause', '--wait=false']);
});

test('[sig-cli] Kubectl client Kubectl patch should add annotations for pods in rc [Conformance]', { skip }, async () => {
  const name = await runningRc('patch-primary');
  await kubectl(['patch', 'pod', name, '-p', '{"metadata":{"annotations":{"x":"y"}}}']);
  assert.equal(await kubectl(['get', 'pod', name, '-o', 'jsonpath={.metadata.annotations.x}']), 'y');
  await kubectl(['delete', 'rc', 'patch-primary', '--wait=false']);
});

test('[sig-cli] Kubectl client Kubectl replace should update a single-container pod\'s image [Conformance]', { skip }, async () => {
  await kubectl(['run', 'e2e-test-httpd-pod', '--image=registry.k8s.io/e2e-test-images/httpd:2.4', '--pod-running-timeout=2m', '--labels=run=e2e-test-httpd-pod']);
  await kubectl(['wait', 'pod/e2e-test-httpd-pod', '--for=condition=Ready', '--timeout=20s']);
  const text = await kubectl(['get', 'pod', 'e2e-test-httpd-pod', '-o', 'json']);
  await kubectl(['replace', '-f', '-'], { stdin: text.replaceAll('registry.k8s.io/e2e-test-images/httpd:2.4', 'registry.k8s.io/e2e-test-images/busybox:1.37') });
  assert.equal(await kubectl(['get', 'pod', 'e2e-test-httpd-pod', '-o', 'jsonpath={.spec.containers[0].image}']), 'registry.k8s.io/e2e-test-images/busybox:1.37');
  await kubectl(['delete', 'pod', 'e2e-test-httpd-pod', '--wait=false']);
});

test('[sig-cli] Kubectl client Kubectl run pod should create a pod from an image when restart is Never [Conformance]', { skip }, async () => {
  await kubectl(['run', 'run-never', '--restart=Never', '--pod-running-timeout=2m', '--image=registry.k8s.io/e2e-test-images/httpd:2.4']);
  assert.equal(await kubectl(['get', 'pod', 'run-never', '-o', 'jsonpath={.spec.containers[0].image} {.spec.restartPolicy}']), 'registry.k8s.io/e2e-test-images/httpd:2.4 Never');
  await kubectl(['delete', 'pod', 'run-never', '--wait=false']);
});

test('[sig-cli] Kubectl client Kubectl server-side dry-run should check if kubectl can dry-run update Pods [Conformance]', { skip }, async () => {
  await kubectl(['run', 'dry-run', '--image=registry.k8s.io/e2e-test-images/httpd:2.4', '--labels=run=dry-run']);
  await kubectl(['wait', 'pod/dry-run', '--for=condition=Ready', '--timeout=20s']);
  await kubectl(['patch', 'pod', 'dry-run', '-p', '{"spec":{"containers":[{"name":"dry-run","image":"registry.k8s.io/e2e-test-images/busybox:1.37"}]}}', '--dry-run=server']);
  assert.equal(await kubectl(['get', 'pod', 'dry-run', '-o', 'jsonpath={.spec.containers[0].image}']), 'registry.k8s.io/e2e-test-images/httpd:2.4');
  await kubectl(['delete', 'pod', 'dry-run', '--wait=false']);
});

test('[sig-cli] Kubectl client Kubectl diff should check if kubectl diff finds a difference for Deployments [Conformance]', { skip }, async () => {
  const manifest = (image: string) => JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'httpd-deployment', labels: { app: 'httpd' } }, spec: { replicas: 2, selector: { matchLabels: { app: 'httpd' } }, template: { metadata: { labels: { app: 'httpd' } }, spec: { containers: [{ name: 'httpd', image }] } } } });
  await kubectl(['create', '-f', '-'], { stdin: manifest('registry.k8s.io/e2e-test-images/httpd:2.4') });
  const difference = await kubectl(['diff', '-f', '-'], { stdin: manifest('registry.k8s.io/e2e-test-images/busybox:1.37'), code: 1 });
  assert.match(difference, /^-.*httpd:2\.4$/m);
  assert.match(difference, /^\+.*busybox:1\.37$/m);
  await kubectl(['delete', 'deployment', 'httpd-deployment', '--wait=false']);
});

/** Starts `kubectl proxy`, waits until it says where it serves, asks it something, and stops it. */
async function throughProxy(args: readonly string[], where: RegExp, ask: (match: RegExpMatchArray) => { readonly port: number } | { readonly socketPath: string }): Promise<string> {
  const child = start(['proxy', ...args]);
  const ended = new Promise((resolve) => { child.on('close', resolve); });
  try {
    const match = await new Promise<RegExpMatchArray>((resolve, reject) => {
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const found = where.exec(text);
        if (found !== null) resolve(found);
      });
      child.on('close', () => reject(new Error(`kubectl proxy ended: ${text}`)));
    });
    return await new Promise<string>((resolve, reject) => {
      request({ ...ask(match), host: '127.0.0.1', path: '/api/', agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => resolve(body));
      }).on('error', reject).end();
    });
  } finally {
    child.kill();
    await ended;
  }
}

test('[sig-cli] Kubectl client Proxy server should support proxy with --port 0 [Conformance]', { skip }, async () => {
  const body = await throughProxy(['--port=0', '--disable-filter'], /Starting to serve on 127\.0\.0\.1:(\d+)/, (match) => ({ port: Number(match[1]) }));
  assert.deepEqual((JSON.parse(body) as { readonly versions: string[] }).versions, ['v1']);
});

test('[sig-cli] Kubectl client Proxy server should support --unix-socket=/path [Conformance]', { skip }, async () => {
  const socketPath = join(running.home, 'proxy.sock');
  const body = await throughProxy([`--unix-socket=${socketPath}`], /Starting to serve on/, () => ({ socketPath }));
  assert.deepEqual((JSON.parse(body) as { readonly versions: string[] }).versions, ['v1']);
});
