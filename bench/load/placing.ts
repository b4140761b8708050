/**
 * What choosing nodes alone costs: the scheduler's cache and its plug-ins, without an API.
 * `node placing.ts {nodes, pods, kind}` prints `{cpuUs}`, processor time for one pod.
 */
import { podInfoOf } from '../../src/scheduler/cache/pod-info.ts';
import { TestCluster } from '../../src/scheduler/testing/cluster.ts';
import type { PodKind } from './schedule-pods.ts';
import { nodeLabels, nodeResources, podToSchedule } from './schedule-pods.ts';

const { nodes, pods, kind } = JSON.parse(process.argv[2]!) as { nodes: number; pods: number; kind: PodKind };
const cluster = new TestCluster({ nodes: Array.from({ length: nodes }, (_, i) => ({ metadata: { name: `node-${i}`, labels: nodeLabels(`node-${i}`, i) }, status: { allocatable: nodeResources } })) });
const before = process.cpuUsage();
for (let i = 0; i < pods; i++) {
  const pod = podToSchedule(i, kind);
  const info = podInfoOf({ ...pod, metadata: { ...pod.metadata, namespace: 'default', uid: `uid-${i}` } });
  const placement = cluster.placer.place(info, cluster.profile);
  if (placement.kind !== 'placed') throw new Error(`pod ${i} fits nowhere`);
  cluster.cache.assume(info, placement.node.name);
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpuUs: (user + system) / pods }));
