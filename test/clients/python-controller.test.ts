/** A controller in Python on Debian's python3-kubernetes: its leader election, and its watch of a custom resource; skipped where it is not installed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../e2e/command.ts';
import { startSimulatedCluster } from './simulated-cluster.ts';

const script = `
import os, sys, threading
from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.configmaplock import ConfigMapLock

config.load_kube_config(sys.argv[1])
custom = client.CustomObjectsApi()
extensions = client.ApiextensionsV1Api()
where = ('crons.example.com', 'v1', 'default', 'shifts')
schema = {'type': 'object', 'properties': {'spec': {'type': 'object', 'properties': {'hours': {'type': 'integer', 'default': 8}}}, 'status': {'type': 'object', 'properties': {'done': {'type': 'integer'}}}}}
extensions.create_custom_resource_definition({'metadata': {'name': 'shifts.crons.example.com'}, 'spec': {'group': where[0], 'scope': 'Namespaced', 'names': {'plural': 'shifts', 'kind': 'Shift'}, 'versions': [{'name': 'v1', 'served': True, 'storage': True, 'schema': {'openAPIV3Schema': schema}, 'subresources': {'status': {}}}]}})
for event in watch.Watch().stream(extensions.list_custom_resource_definition, field_selector='metadata.name=shifts.crons.example.com', timeout_seconds=30):
    if any(c.type == 'Established' and c.status == 'True' for c in event['object'].status.conditions or []):
        break

def work():
    # list, then watch from there, as an informer does
    custom.create_namespaced_custom_object(*where, {'apiVersion': 'crons.example.com/v1', 'kind': 'Shift', 'metadata': {'name': 'early'}, 'spec': {}})
    listed = custom.list_namespaced_custom_object(*where)
    known = {item['metadata']['name']: item for item in listed['items']}
    assert known['early']['spec'] == {'hours': 8}, known
    custom.create_namespaced_custom_object(*where, {'apiVersion': 'crons.example.com/v1', 'kind': 'Shift', 'metadata': {'name': 'late', 'finalizers': ['crons.example.com/done']}, 'spec': {'hours': 2}})
    seen = []
    w = watch.Watch()
    for event in w.stream(custom.list_namespaced_custom_object, *where, resource_version=listed['metadata']['resourceVersion'], timeout_seconds=30):
        shift = event['object']
        name = shift['metadata']['name']
        seen.append('%s %s %s' % (event['type'], name, shift.get('status', {}).get('done')))
        if event['type'] == 'DELETED':
            w.stop()
        elif shift['metadata'].get('deletionTimestamp'):
            custom.patch_namespaced_custom_object(*where, name, {'metadata': {'finalizers': None}})
        elif 'status' not in shift:
            custom.patch_namespaced_custom_object_status(*where, name, {'status': {'done': shift['spec']['hours']}})
        else:
            custom.delete_namespaced_custom_object(*where, name)
    assert seen == ['ADDED late None', 'MODIFIED late 2', 'MODIFIED late 2', 'DELETED late 2'], seen
    # a watch from before what is kept, or from nowhere, is refused and not silently empty
    try:
        custom.list_namespaced_custom_object(*where, resource_version='999999999', timeout_seconds=1)
        raise SystemExit('a resource version of the future was taken')
    except ApiException as e:
        assert e.status == 504, e

def lead():
    try:
        work()
        print('led by', client.CoreV1Api().read_namespaced_config_map('shift-leader', 'default').metadata.annotations['control-plane.alpha.kubernetes.io/leader'].split(',')[0], flush=True)
        os._exit(0)
    except BaseException as e:
        print(repr(e), file=sys.stderr, flush=True)
        os._exit(1)

election = electionconfig.Config(ConfigMapLock('shift-leader', 'default', 'python'), lease_duration=17, renew_deadline=15, retry_period=5, onstarted_leading=lead, onstopped_leading=lambda: os._exit(2))
leaderelection.LeaderElection(election).run()
`;

const python = '/usr/bin/python3';
const has = await run(python, ['-c', 'import kubernetes.leaderelection.leaderelection']);

test('a controller in Python is elected, lists and watches a custom resource, and reports', { skip: has.code === 0 ? false : 'python3-kubernetes with its leader election is not installed' }, async () => {
  await using running = await startSimulatedCluster();
  const { code, stdout, stderr } = await run(python, ['-c', script, running.kubeconfig], { timeoutMs: 60_000 });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /led by \{"holderIdentity": "python"\n/);
});
