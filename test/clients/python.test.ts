/** Debian's python3-kubernetes over TLS; skipped where it is not installed. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'node:test';
import { startSimulatedCluster } from './simulated-cluster.ts';

const script = `
import sys
from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException
from kubernetes.stream import stream

config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
apps = client.AppsV1Api()
ns = 'default'

# create, read, replace, conflict, all patch types, delete
created = core.create_namespaced_config_map(ns, client.V1ConfigMap(metadata=client.V1ObjectMeta(name='py'), data={'a': '1'}))
created.data = {'a': '2'}
core.replace_namespaced_config_map('py', ns, created)
try:
    core.replace_namespaced_config_map('py', ns, created)
    raise SystemExit('a stale replacement was taken')
except ApiException as e:
    assert e.status == 409 and 'the object has been modified' in e.body, e
assert core.patch_namespaced_config_map('py', ns, {'data': {'b': '3'}}).data == {'a': '2', 'b': '3'}
assert core.patch_namespaced_config_map('py', ns, [{'op': 'remove', 'path': '/data/a'}]).data == {'b': '3'}
core.delete_namespaced_config_map('py', ns)
try:
    core.read_namespaced_config_map('py', ns)
    raise SystemExit('it is still there')
except ApiException as e:
    assert e.status == 404, e

# pages
for i in range(5):
    core.create_namespaced_config_map(ns, {'metadata': {'name': 'page-%d' % i, 'labels': {'pages': 'py'}}})
names, token = [], None
while True:
    page = core.list_namespaced_config_map(ns, label_selector='pages=py', limit=2, _continue=token)
    names += [item.metadata.name for item in page.items]
    token = page.metadata._continue
    if not token:
        break
assert names == ['page-%d' % i for i in range(5)], names
core.delete_collection_namespaced_config_map(ns, label_selector='pages=py')

# a deployment, followed by a watch until it is available
apps.create_namespaced_deployment(ns, {'metadata': {'name': 'web'}, 'spec': {'replicas': 2, 'selector': {'matchLabels': {'app': 'web'}}, 'template': {'metadata': {'labels': {'app': 'web'}}, 'spec': {'containers': [{'name': 'web', 'image': 'nginx:1.14.2'}]}}}})
w = watch.Watch()
for event in w.stream(apps.list_namespaced_deployment, ns, timeout_seconds=30):
    if event['object'].status.available_replicas == 2:
        w.stop()
assert apps.read_namespaced_deployment('web', ns).status.available_replicas == 2
apps.patch_namespaced_deployment_scale('web', ns, {'spec': {'replicas': 1}})

# exec over a WebSocket, log, eviction
pod = core.list_namespaced_pod(ns, label_selector='app=web').items[0].metadata.name
assert stream(core.connect_get_namespaced_pod_exec, pod, ns, command=['echo', 'from python'], stderr=True, stdin=False, stdout=True, tty=False) == 'from python\\n'
core.read_namespaced_pod_log(pod, ns)
assert {n.metadata.name for n in core.list_node().items} == {'node-1'}
assert client.VersionApi().get_code().minor == '36'
print('all is well', len(client.ApisApi().get_api_versions().groups), 'groups')
`;

/** The interpreter that has the package: Debian's own, which need not be the first on the path. */
function findPython(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find((python) => {
    try {
      execFileSync(python, ['-c', 'import kubernetes'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const python = findPython();

test('the Python client: objects, patches, pages, a watch, exec and discovery', { skip: python === undefined ? 'python3-kubernetes is not installed' : false }, async () => {
  await using running = await startSimulatedCluster();
  const { stdout } = await promisify(execFile)(python!, ['-c', script, running.kubeconfig], { timeout: 60_000 });
  assert.match(stdout, /^all is well \d+ groups\n$/);
});
