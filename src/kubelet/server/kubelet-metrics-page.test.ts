import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulatedHost } from '../hosts/simulated/simulated-host.ts';
import type { CgroupUsage, Host } from '../host.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { KubeletHandler } from './handler.ts';

/** The series of a page without their help, by the text before the value. */
async function scrape(node: TestNode, path: string): Promise<Map<string, number>> {
  const { status, body } = await new KubeletHandler(() => [node.kubelet]).handle('GET', path, new AbortController().signal);
  assert.equal(status, 200, String(body));
  assert.equal(typeof body, 'string');
  return new Map((body as string).split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
    const [, series = '', value] = /^(\S+\{.*\}|\S+) (\S+)/.exec(line) ?? [];
    return [series, Number(value)];
  }));
}

test('the kubelet tells of its work under the names that dashboards know', async () => {
  await using node = await TestNode.start();
  await node.createPod('web', { containers: [{ name: 'app', image: 'nginx:1', livenessProbe: { httpGet: { port: 80 } }, volumeMounts: [{ name: 'v', mountPath: '/v' }] }], volumes: [{ name: 'v', emptyDir: {} }] });
  await node.createPod('broken', { containers: [{ name: 'app', image: 'x:nonexistent' }] });
  await node.createPod('large', { containers: [{ name: 'app', image: 'nginx:1', resources: { requests: { cpu: '100' } } }] });
  await node.clock.advance(15_000);
  const told = await scrape(node, '/metrics');
  const get = (series: string): number | undefined => told.get(series);
  assert.equal(get('kubelet_node_name{node="node-1"}'), 1);
  assert.equal(get('kubelet_running_pods'), 2);
  assert.equal(get('kubelet_running_containers{container_state="running"}'), 1);
  assert.equal(get('kubelet_desired_pods{static="false"}'), 3);
  assert.equal(get('kubelet_active_pods{static="false"}'), 2);
  assert.equal(get('kubelet_started_pods_total'), 2);
  assert.equal(get('kubelet_started_containers_total{container_type="container"}')! >= 2, true);
  assert.equal(get('kubelet_started_containers_errors_total{container_type="container",code="ErrImagePull"}'), 2);
  assert.equal(get('kubelet_admission_rejections_total{reason="OutOfcpu"}'), 1);
  assert.equal(get('kubelet_runtime_operations_total{operation_type="run_podsandbox"}'), 2);
  assert.equal(get('kubelet_runtime_operations_errors_total{operation_type="pull_image"}'), 2);
  assert.equal(get('kubelet_runtime_operations_duration_seconds_count{operation_type="create_container"}'), 1);
  assert.equal(get('kubelet_run_podsandbox_duration_seconds_count{runtime_handler=""}'), 2);
  assert.equal(get('kubelet_pod_start_duration_seconds_count'), 1);
  assert.equal(get('kubelet_pod_start_total_duration_seconds_count'), 1);
  assert.equal(get('kubelet_pod_start_sli_duration_seconds_bucket{le="0.5"}'), 1);
  assert.equal(get('volume_manager_total_volumes{plugin_name="kubernetes.io/empty-dir",state="actual_state_of_world"}'), 1);
  assert.equal(get('storage_operation_duration_seconds_count{volume_plugin="kubernetes.io/empty-dir",operation_name="volume_mount",status="success",migrated="false"}'), 1);
  for (const name of ['kubelet_pod_worker_duration_seconds_count{operation_type="create"}', 'kubelet_pod_status_sync_duration_seconds_count', 'process_resident_memory_bytes']) assert.equal(get(name)! > 0, true, name);

  const uid = node.pod('web').metadata.uid;
  const probes = await scrape(node, '/metrics/probes');
  assert.equal(probes.get(`prober_probe_total{probe_type="Liveness",result="successful",container="app",pod="web",namespace="default",pod_uid="${uid}"}`), 2);
  assert.equal(probes.get('prober_probe_duration_seconds_count{probe_type="Liveness",container="app",pod="web",namespace="default"}'), 2);
});

test('who has processors of its own is told, and who could not', async () => {
  const machineTopology = { cpus: [0, 1, 2, 3].map((id) => ({ id, core: id, socket: 0, numaNode: 0, caches: [] as number[] })), numaNodes: [{ id: 0, memoryBytes: 2 ** 34, hugePages: [], distances: [10] }] };
  await using node = await TestNode.start({ kubelet: { machineTopology: machineTopology as never, reserve: { systemReserved: { cpu: '1', memory: '1Gi' } }, managers: { cpu: { options: new Set() }, alignment: { policy: 'single-numa-node', scope: 'container', options: {} } } } });
  const own = (cpu: string) => ({ containers: [{ name: 'app', image: 'nginx:1', resources: { limits: { cpu, memory: '1Mi' } } }] });
  await node.createPod('own', own('2'));
  await node.clock.advance(1000);
  await node.createPod('more', own('2'));
  await node.clock.advance(1000);
  const told = await scrape(node, '/metrics');
  assert.deepEqual([
    'kubelet_cpu_manager_pinning_requests_total', 'kubelet_cpu_manager_shared_pool_size_millicores', 'kubelet_cpu_manager_exclusive_cpu_allocation_count', 'kubelet_cpu_manager_allocation_per_numa{numa_node="0"}',
    'kubelet_topology_manager_admission_requests_total', 'kubelet_topology_manager_admission_errors_total', 'kubelet_topology_manager_admission_duration_ms_count',
    'kubelet_container_aligned_compute_resources_count{scope="container",boundary="numa_node"}', 'kubelet_container_aligned_compute_resources_failure_count{scope="container",boundary="numa_node"}',
    'kubelet_memory_manager_pinning_requests_total', 'kubelet_memory_manager_pinning_errors_total',
  ].map((name) => told.get(name)), [1, 2000, 2, 2, 2, 1, 2, 1, 1, 0, 0]);
});

test('containers, pods and the machine are told of as cAdvisor does', async () => {
  const usage: CgroupUsage = {
    cpuNanoseconds: 3e9, userNanoseconds: 2e9, systemNanoseconds: 1e9, periods: 10, throttledPeriods: 4, throttledNanoseconds: 5e8, memoryBytes: 100, workingSetBytes: 80, rssBytes: 60, cacheBytes: 40, swapBytes: 0, mappedFileBytes: 7, pageFaults: 9, majorPageFaults: 1, processes: 2,
    disks: [{ device: '8:0', readBytes: 512, writeBytes: 1024, reads: 1, writes: 2 }],
    interfaces: [{ name: 'eth0', receivedBytes: 11, receivedPackets: 12, receiveErrors: 13, receiveDropped: 14, sentBytes: 21, sentPackets: 22, sendErrors: 23, sendDropped: 24 }],
  };
  const simulated = simulatedHost({ hostname: 'node-1' });
  const host: Host = { ...simulated, cgroups: { ...simulated.cgroups, usage: async () => usage } };
  await using node = await TestNode.start({ kubelet: { host } });
  await node.createPod('web');
  await node.createPod('near', { hostNetwork: true });
  await node.clock.advance(1000);
  const uid = node.pod('web').metadata.uid ?? '';
  const [container] = (await node.runtime.listContainers()).filter(({ labels }) => labels['io.kubernetes.pod.uid'] === uid);
  const told = await scrape(node, '/metrics/cadvisor');
  const ofContainer = `container="app",id="/kubepods/besteffort/pod${uid}/${container!.id}",image="nginx:1.14.2",name="${container!.id}",namespace="default",pod="web"`;
  const ofPod = `container="",id="/kubepods/besteffort/pod${uid}",image="",name="",namespace="default",pod="web"`;
  const expected: readonly (readonly [string, number])[] = [
    [`container_cpu_usage_seconds_total{${ofContainer},cpu="total"}`, 3], [`container_cpu_cfs_throttled_periods_total{${ofContainer}}`, 4], [`container_cpu_cfs_periods_total{${ofContainer}}`, 10],
    [`container_memory_working_set_bytes{${ofContainer}}`, 80], [`container_memory_rss{${ofContainer}}`, 60], [`container_memory_cache{${ofContainer}}`, 40], [`container_memory_swap{${ofContainer}}`, 0], [`container_memory_usage_bytes{${ofPod}}`, 100],
    [`container_memory_failures_total{${ofContainer},failure_type="pgmajfault",scope="container"}`, 1],
    [`container_fs_reads_bytes_total{${ofContainer},device="/dev/block/8:0"}`, 512], [`container_fs_writes_total{${ofContainer},device="/dev/block/8:0"}`, 2],
    [`container_network_receive_bytes_total{${ofPod},interface="eth0"}`, 11], [`container_network_transmit_packets_dropped_total{${ofPod},interface="eth0"}`, 24],
    ['container_cpu_usage_seconds_total{container="",id="/",image="",name="",namespace="",pod="",cpu="total"}', 3],
  ];
  for (const [series, value] of expected) assert.equal(told.get(series), value, series);
  assert.equal([...told.keys()].filter((series) => series.startsWith('container_network_receive_bytes_total') && series.includes('near')).length, 0);

  const { body } = await new KubeletHandler(() => [node.kubelet]).handle('GET', '/stats/summary', new AbortController().signal);
  const { pods } = JSON.parse(String(body)) as { pods: { podRef: { name: string }; memory: object; network?: { name: string; rxBytes: number; interfaces: unknown[] }; process_stats: object }[] };
  const web = pods.find(({ podRef }) => podRef.name === 'web');
  assert.deepEqual({ ...web?.memory, time: '' }, { time: '', usageBytes: 100, workingSetBytes: 80, rssBytes: 60, pageFaults: 9, majorPageFaults: 1 });
  assert.deepEqual([web?.network?.name, web?.network?.rxBytes, web?.network?.interfaces.length, web?.process_stats], ['eth0', 11, 1, { process_count: 2 }]);
  assert.equal(pods.find(({ podRef }) => podRef.name === 'near')?.network, undefined);
});
