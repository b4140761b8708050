import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import type { StatusReason } from '../api/status.ts';
import type { Taint } from '../api/types/core/v1.ts';
import type { Client, ObjectRef } from '../client/client.ts';
import type { Duration } from './duration.ts';

/** What a cluster is to be. */
export interface ClusterOptions {
  /** How many machines, or what each of them is. Default 1. */
  readonly nodes?: number | readonly NodeOptions[];
  /** `virtual` (the default): time passes only when the test lets it, and then at once. `real`: as it does. */
  readonly clock?: 'virtual' | 'real';
  /** All chance follows from it: the same seed gives the same names, addresses and order of things. Default 1. */
  readonly seed?: number;
  /** The time of day at the start of virtual time. Default 2026-01-01T00:00:00Z. */
  readonly startTime?: Date | string;
  /** False: none; or names, as kube-controller-manager's `--controllers` takes them. Default all that are on by default. */
  readonly controllers?: boolean | readonly string[];
  /** Default true. */
  readonly scheduler?: boolean;
  /** API versions that are on beside the usual ones, as kube-apiserver's `--runtime-config`. */
  readonly runtimeConfig?: Readonly<Record<string, string>>;
  readonly featureGates?: Readonly<Record<string, string>>;
}

/** A machine of a cluster. */
export interface NodeOptions {
  /** Default `node-1`, `node-2` … */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** What it has: `{ cpu: '4', memory: '16Gi', pods: '20' }`. Default 8 CPUs, 32Gi, 110 pods. */
  readonly capacity?: Readonly<Record<string, string>>;
}

/**
 * A whole cluster in this process: API server, scheduler, controllers, and nodes whose containers are simulated.
 * Dispose of it with `await using`.
 */
export interface Cluster extends AsyncDisposable {
  /** Acts as an administrator, whom faults spare. Objects that it returns are shared and frozen: copy before changing. */
  readonly client: Client;
  readonly clock: ClusterClock;
  readonly nodes: ClusterNodes;
  readonly controlPlane: ControlPlaneParts;
  readonly faults: Faults;
  /** Servers of the test that stand behind addresses of the cluster, by `host:port`, for webhooks and extension API servers. */
  readonly backends: Map<string, { readonly host: string; readonly port: number }>;
  /** A client of somebody else, for whom RBAC holds, and faults. */
  as(user: string, groups?: readonly string[]): Client;
  /** A client that acts as a service account, as a pod's would. */
  asServiceAccount(namespace: string, name: string): Client;
  /**
   * Applies manifests, as `kubectl apply --server-side` does: YAML of one or several objects, or objects. Returns them as
   * they are then. Definitions of custom resources are waited for.
   */
  apply(manifests: string | KubeObject | readonly KubeObject[], options?: { readonly namespace?: string }): Promise<readonly KubeObject[]>;
  /** A new namespace, with its service account. Returns its name. */
  namespace(name: string, labels?: Readonly<Record<string, string>>): Promise<string>;
  /**
   * Lets time pass until nothing is left to do: until nothing but heartbeats and events has been written for a while.
   * What waits for longer than that (a back-off, the five minutes until pods leave a dead node) is not waited for:
   * `clock.advance` is for that. Rejects when there is no end to it.
   */
  settle(options?: SettleOptions): Promise<void>;
  /** Lets time pass until the probe returns something other than undefined, null or false, and returns that; rejects when it does not within two minutes, or as long as is said. */
  until<T>(what: string, probe: () => T | Promise<T>, within?: Duration): Promise<Exclude<NonNullable<T>, false>>;
  /** What is expected of an object; its namespace is `default` unless another is said. */
  expect<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef | string): Expectation<T>;
  /** Why an object is as it is, a line each: what stands in its way, node by node and rule by rule, what to do about it, and how it came to this. What `coxswain why` says. */
  why<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef | string): Promise<readonly string[]>;
  /** All of the cluster as it is now. Costs milliseconds, however much there is. */
  snapshot(): Promise<ClusterSnapshot>;
  /**
   * Sets the cluster back to a snapshot, its clock too. Its components start anew on what was stored, as after a restart of
   * the machine that they run on, and containers run as they did; watches end, and faults are lifted. Clients, and a
   * connection that was opened, go on.
   */
  restore(snapshot: ClusterSnapshot): Promise<void>;
  /**
   * A copy of the whole cluster, with which the original has nothing to do any more: objects, running containers, time.
   * Takes milliseconds, however much there is; its components start anew, as with `restore`, when time is first let pass in
   * it. The same things happen in every fork of the same moment. Faults are not copied.
   */
  fork(): Promise<Cluster>;
  /** Opens a port of this machine for clients outside of this process, and says how they find it. The same one whenever it is asked for. */
  connect(options?: { readonly port?: number }): Promise<Connection>;
}

/** The time of a cluster. */
export interface ClusterClock {
  /** What the cluster takes for the time of day. */
  now(): Date;
  /**
   * Lets time pass, and everything happen in it, in its order. Virtual time takes as long as what happens in it does;
   * real time takes as long as it says.
   */
  advance(duration: Duration): Promise<void>;
}

/** The machines of a cluster: they are added and taken away, and fail, as a test wants it. */
export interface ClusterNodes {
  /** Of all machines, those too that are off. */
  readonly names: readonly string[];
  /** Adds a machine, and waits until its node is ready. Returns its name. */
  add(options?: NodeOptions): Promise<string>;
  /** Takes a machine away, and its Node object, as a cloud does. */
  remove(name: string): Promise<void>;
  /** Pulls the plug of a machine: it says nothing any more, and its containers are gone. */
  kill(name: string): Promise<void>;
  /** Cuts a machine off: its kubelet stops, its containers run on, unseen. */
  disconnect(name: string): Promise<void>;
  /** Starts a machine that was killed or cut off. */
  start(name: string): Promise<void>;
  /** Ends a container of a pod as if its process had ended by itself. Default: the first that runs, with code 1. */
  crash(pod: ObjectRef | string, options?: { readonly container?: string; readonly exitCode?: number; readonly reason?: string }): Promise<void>;
}

/** The parts of the control plane, each of which can be stopped, and started again. Each call resolves when it is done. */
export interface ControlPlaneParts {
  /** Watches end, and requests fail from then on. Closes a port that was opened. */
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  stopScheduler(): Promise<void>;
  startScheduler(): Promise<void>;
  stopControllers(): Promise<void>;
  startControllers(): Promise<void>;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** Which requests a fault meets. What is absent does not matter. */
export interface RequestMatch {
  /** Who asks, as RBAC knows them: `system:kube-scheduler`, `system:serviceaccount:kube-system:deployment-controller`. Default: everybody but the test's own `cluster.client`. */
  readonly user?: string | RegExp;
  readonly verbs?: readonly Verb[];
  /** A resource type, such as `pods`, or its plural name. */
  readonly resource?: string | { readonly group: string; readonly resource: string };
  /** `status`, `binding` …; empty: the object itself. */
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** How probable it is that a matching request is met, 0 to 1. Default 1; decided by the cluster's seed. */
  readonly probability?: number;
  /** After so many times the fault is over. Default: it stays until it is lifted. */
  readonly times?: number;
}

/** A fault that is there. `using` lifts it at the end of the block. */
export interface Fault extends Disposable {
  /** How often it was met. */
  readonly count: number;
  lift(): void;
}

/** What can go wrong with a cluster, made to go wrong. Holds for requests from inside of the process and over connections. */
export interface Faults {
  /** Requests are answered with an error. Default: 500 InternalError. */
  failRequests(match?: RequestMatch & { readonly reason?: StatusReason; readonly message?: string }): Fault;
  /** Requests take longer. */
  slowRequests(latency: Duration, match?: RequestMatch): Fault;
  /** Watches are not told of changes: as if the events had been lost on the way. Each event counts. */
  loseWatchEvents(match?: Omit<RequestMatch, 'verbs'>): Fault;
  /** Ends every watch that goes on now; those who watch have to begin anew. */
  breakWatches(): void;
  /** Writes to the store wait, as if the disk did not answer, until the fault is lifted; reads go on. */
  stallStore(): Fault;
  /** Writes to the store fail, as if the disk were full, until the fault is lifted. */
  failStore(message?: string): Fault;
  /** Lifts every fault. */
  clear(): void;
}

/** How long what is expected may take. Default a minute. */
export interface Patience {
  readonly within?: Duration;
}

/**
 * What is expected of one object. Each method lets time pass until it holds, resolves with the object as it is then, and
 * rejects with an ExpectationError that gives the cluster's reasons when it does not.
 */
export interface Expectation<T extends KubeObject> {
  toExist(patience?: Patience): Promise<T>;
  /** It does not exist, or not any more. */
  toBeGone(patience?: Patience): Promise<void>;
  /** Its condition `Ready` is True: pods, nodes, custom resources. */
  toBeReady(patience?: Patience): Promise<T>;
  /** Default status: True. */
  toHaveCondition(condition: string, status?: 'True' | 'False' | 'Unknown', patience?: Patience): Promise<T>;
  /** Its phase: Pending, Running, Succeeded or Failed for pods; Bound for claims; Active for namespaces. */
  toHavePhase(phase: string, patience?: Patience): Promise<T>;
  /** What it asks for runs, in its newest form, and nothing else: Deployments, StatefulSets, ReplicaSets, DaemonSets. */
  toBeRolledOut(patience?: Patience): Promise<T>;
  /** Whatever `holds` says. `what` completes "expected … ". */
  toSatisfy(what: string, holds: (object: T) => boolean, patience?: Patience): Promise<T>;
  /** Never, as long as this, does it hold. */
  toNeverSatisfy(what: string, holds: (object: T) => boolean, patience?: Patience): Promise<void>;
}

/** All of a cluster at one moment; its cluster can be set back to it any number of times. Costs the memory of what has changed since. */
export interface ClusterSnapshot {
  /** The time of day in it. */
  readonly at: Date;
}

/** How long `settle` looks for rest. */
export interface SettleOptions {
  /** For so long nothing may change. Default 15 s of virtual, half a second of real time. */
  readonly quiet?: Duration;
  /** Default an hour of virtual, a minute of real time. */
  readonly within?: Duration;
}

/** How clients outside of this process reach a cluster. */
export interface Connection {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  /** The content of a kubeconfig file, of an administrator. */
  readonly kubeconfig: string;
  /** The administrator's bearer token. */
  readonly token: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
}
