/**
 * What this project's figures stand beside. Upstream: Kubernetes v1.20.2 with etcd 3.4, TLS and RBAC on, measured with
 * the same loads on the machine where these goals were set (2 cores, load generator on the same 2 cores). Absolute
 * figures move from machine to machine: compare ratios. Upstream's pods are larger: 500 of them are 0.94 MB, with
 * their managed fields.
 */
export interface Reference {
  readonly unit: 'ms' | 'MB' | '/s' | '%';
  readonly upstream: number | undefined;
  readonly goal: number | undefined;
}

export const reference = {
  'API server ready, cold start with its store': { unit: 'ms', upstream: 3150, goal: 300 },
  'API server ready, restart': { unit: 'ms', upstream: undefined, goal: 300 },
  'first pod Running, simulated node': { unit: 'ms', upstream: undefined, goal: 2000 },
  'memory, API server and store, empty': { unit: 'MB', upstream: 357, goal: 90 },
  'memory, one-node cluster (simulated), idle': { unit: 'MB', upstream: 707, goal: 200 },
  'CPU, one-node cluster (simulated), idle': { unit: '%', upstream: undefined, goal: 1 },
  'memory, 18k pods and 20k ConfigMaps': { unit: 'MB', upstream: 2900, goal: 400 },
  'create ConfigMaps, durable, 16 connections': { unit: '/s', upstream: 4115, goal: 12_000 },
  'create Pods, durable, 16 connections': { unit: '/s', upstream: 2210, goal: 7000 },
  'get one Pod, consistent, 16 connections': { unit: '/s', upstream: 7074, goal: 25_000 },
  'get one Pod, resourceVersion=0': { unit: '/s', upstream: 14_895, goal: 30_000 },
  'list 500 Pods, 4 connections': { unit: '/s', upstream: 97, goal: 1200 },
  'list 17,700 Pods, resourceVersion=0': { unit: '/s', upstream: 5.4, goal: 40 },
  'list 17,700 Pods, consistent': { unit: '/s', upstream: 3.6, goal: 40 },
  'get among 1,000 objects': { unit: '/s', upstream: undefined, goal: undefined },
  'create among 1,000 objects': { unit: '/s', upstream: undefined, goal: undefined },
  'get among 10,000 objects': { unit: '/s', upstream: undefined, goal: undefined },
  'create among 10,000 objects': { unit: '/s', upstream: undefined, goal: undefined },
  'get among 100,000 objects': { unit: '/s', upstream: undefined, goal: undefined },
  'create among 100,000 objects': { unit: '/s', upstream: undefined, goal: undefined },
  'watch fan-out, 200 watchers x 1000 creates': { unit: '/s', upstream: 75_900, goal: 200_000 },
  'watch fan-out, 1000 watchers x 300 creates': { unit: '/s', upstream: 83_900, goal: 200_000 },
  'schedule 5,000 pods on 1,000 nodes': { unit: '/s', upstream: 526, goal: 1500 },
  'schedule 5,000 pods on 5,000 nodes': { unit: '/s', upstream: undefined, goal: 1000 },
  'schedule pods with anti-affinity, 5,000 nodes': { unit: '/s', upstream: undefined, goal: 300 },
  'schedule pods with topology spread, 5,000 nodes': { unit: '/s', upstream: undefined, goal: 300 },
  'accept a definition with 1 MB of schema': { unit: 'ms', upstream: undefined, goal: 200 },
  'longest wait of somebody else meanwhile': { unit: 'ms', upstream: undefined, goal: undefined },
  "others' wait, 1 MB definitions created": { unit: 'ms', upstream: undefined, goal: undefined },
  "others' wait, 1 MB definitions updated": { unit: 'ms', upstream: undefined, goal: undefined },
  "others' wait, 1 MB definitions applied": { unit: 'ms', upstream: undefined, goal: undefined },
  'create its first object': { unit: 'ms', upstream: undefined, goal: undefined },
  '10,000 custom resources of 1 KiB': { unit: 'MB', upstream: undefined, goal: 41 },
  'discovery with 500 definitions': { unit: 'ms', upstream: undefined, goal: 50 },
  'memory of 500 definitions': { unit: 'MB', upstream: undefined, goal: 150 },
  'API server ready, restart with 500 definitions': { unit: 'ms', upstream: undefined, goal: undefined },
  'simulated nodes ready': { unit: 'ms', upstream: undefined, goal: undefined },
  'CPU of the start, for each simulated node': { unit: 'ms', upstream: undefined, goal: undefined },
  'memory, simulated nodes without pods': { unit: 'MB', upstream: undefined, goal: undefined },
  'CPU of simulated nodes without pods': { unit: '%', upstream: undefined, goal: undefined },
  'memory, simulated nodes with their pods': { unit: 'MB', upstream: undefined, goal: 6000 },
  'pods that become Ready': { unit: '/s', upstream: undefined, goal: undefined },
  'CPU of the cluster, for each pod that becomes Ready': { unit: 'ms', upstream: undefined, goal: undefined },
  'pod start, median': { unit: 'ms', upstream: undefined, goal: undefined },
  'pod start, p99': { unit: 'ms', upstream: undefined, goal: 5000 },
  'API get, p99 meanwhile': { unit: 'ms', upstream: undefined, goal: 1000 },
  'API create, p99 meanwhile': { unit: 'ms', upstream: undefined, goal: 1000 },
  'API list of 500 pods, p99 meanwhile': { unit: 'ms', upstream: undefined, goal: 1000 },
  'Deployment of 5,000 pods, all Ready': { unit: 'ms', upstream: undefined, goal: 10_000 },
  'library: first startCluster() of a process': { unit: 'ms', upstream: undefined, goal: undefined },
  'library: startCluster()': { unit: 'ms', upstream: undefined, goal: 100 },
  'library: fork() of 10,000 objects': { unit: 'ms', upstream: undefined, goal: 50 },
  'library: fork() of 10,000 objects, at rest': { unit: 'ms', upstream: undefined, goal: undefined },
  'library: restore() of 10,000 objects': { unit: 'ms', upstream: undefined, goal: undefined },
  'kubectl version --client, whole process': { unit: 'ms', upstream: undefined, goal: 60 },
  'kubectl get pods, 100 of them, whole process': { unit: 'ms', upstream: undefined, goal: 120 },
  'kubectl get pods -A, first rows': { unit: 'ms', upstream: undefined, goal: 300 },
  'kubectl get pods -A, all': { unit: 'ms', upstream: undefined, goal: undefined },
  'memory of kubectl get pods -A': { unit: 'MB', upstream: undefined, goal: 200 },
  'library: a virtual month of an hourly CronJob': { unit: 'ms', upstream: undefined, goal: 2000 },
  'library: a virtual month without work': { unit: 'ms', upstream: undefined, goal: undefined },
  'DNS queries on one core': { unit: '/s', upstream: undefined, goal: 20_000 },
  'a change among 10,000 Services, in the kernel': { unit: 'ms', upstream: undefined, goal: 300 },
  '10,000 Services, in the kernel': { unit: 'ms', upstream: undefined, goal: undefined },
  'ceiling: small GETs of a bare HTTPS server': { unit: '/s', upstream: undefined, goal: undefined },
  'ceiling: 0.94 MB answers of a bare HTTPS server': { unit: '/s', upstream: undefined, goal: undefined },
  'ceiling: 35 MB answers of a bare HTTPS server': { unit: '/s', upstream: undefined, goal: undefined },
  'ceiling: POSTs of JSON parsed and written back': { unit: '/s', upstream: undefined, goal: undefined },
} as const satisfies Record<string, Reference>;

/** The name of a figure; every one has its reference. */
export type FigureName = keyof typeof reference;
