/** A whole Kubernetes cluster inside a test: what `coxswain/testing` exports. */
export type {
  Cluster, ClusterClock, ClusterNodes, ClusterOptions, ClusterSnapshot, Connection, ControlPlaneParts, Expectation, Fault, Faults, NodeOptions, Patience, RequestMatch,
  SettleOptions, Verb,
} from './api.ts';
export type { Duration } from './duration.ts';
export { ExpectationError } from './expectation-error.ts';
export { startCluster } from './start-cluster.ts';

export type { KubeObject } from '../api/meta/object.ts';
export type { ResourceType } from '../api/resource-type.ts';
/** The resource of every built-in kind: what a client's calls name. `resources.pods`, `resources.deployments` … */
export * as resources from '../api/resources.ts';
export type { StatusReason } from '../api/status.ts';
export { ApiError, isReason } from '../api/status.ts';
export type { Client, GetOptions, ListOptions, ObjectList, ObjectRef, Patch, Scope, Selectors, WatchEvent, WatchOptions, WriteOptions } from '../client/client.ts';
