import type { LoadBalancerStatus, Node, NodeAddress, Service } from '../api/types/core/v1.ts';

/**
 * What a cloud does for a cluster, as k8s.io/cloud-provider has it, in its words. A provider offers what it can: the
 * controllers of what it does not offer are not started. Objects that it is given are shared and frozen.
 */
export interface CloudProvider {
  /** Its name, with which the provider IDs of its nodes begin. */
  readonly name: string;
  readonly loadBalancer?: LoadBalancer;
  readonly instances?: Instances;
  readonly routes?: Routes;
}

/** Load balancers for Services of type LoadBalancer. Any method may reject with a RetryError, to be asked again at a time of its choice. */
export interface LoadBalancer {
  /** The load balancer of a Service; undefined when there is none. */
  get(clusterName: string, service: Service): Promise<LoadBalancerStatus | undefined>;
  /** Makes it, or makes it what the Service says now. Resolves with where it is reached. */
  ensure(clusterName: string, service: Service, nodes: readonly Node[]): Promise<LoadBalancerStatus>;
  /** Leads it to these nodes and no others. */
  update(clusterName: string, service: Service, nodes: readonly Node[]): Promise<void>;
  /** Removes it, with all that belongs to it. Resolves as well when there is none. */
  ensureDeleted(clusterName: string, service: Service): Promise<void>;
}

/** The machines behind nodes: upstream's InstancesV2. */
export interface Instances {
  /** False: the machine is gone, and its node is to be deleted. True also for one that is switched off. */
  exists(node: Node): Promise<boolean>;
  isShutDown(node: Node): Promise<boolean>;
  /** Undefined: the cloud does not know yet, and the node stays as it is. */
  metadata(node: Node): Promise<InstanceMetadata | undefined>;
}

/** What a node learns of its machine. */
export interface InstanceMetadata {
  /** `PROVIDER://INSTANCE`. */
  readonly providerId: string;
  readonly instanceType?: string;
  readonly addresses: readonly NodeAddress[];
  readonly zone?: string;
  readonly region?: string;
  /** Labels beside those that Kubernetes has for all this; none of Kubernetes' own namespaces. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Route {
  /** The cloud's name for it; of no meaning when one is created. */
  readonly name: string;
  readonly targetNode: string;
  /** Absent: the cloud does not tell, and they are not compared. */
  readonly targetAddresses?: readonly NodeAddress[];
  readonly destinationCidr: string;
  /** Leads nowhere any more. */
  readonly blackhole?: boolean;
}

/** Routes between the pods of nodes, in the cloud's own network. */
export interface Routes {
  list(clusterName: string): Promise<readonly Route[]>;
  /** `nameHint`: something unique from which a name can be made. */
  create(clusterName: string, nameHint: string, route: Route): Promise<void>;
  delete(clusterName: string, route: Route): Promise<void>;
}

/** The cloud is not ready for this yet, and says when it is worth asking again. */
export class RetryError extends Error {
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.name = 'RetryError';
    this.retryAfterMs = retryAfterMs;
  }
}

/** Somebody else takes care of load balancers here: the Service is left alone. */
export class ImplementedElsewhere extends Error {
  constructor() {
    super('implemented by alternate to cloud provider');
    this.name = 'ImplementedElsewhere';
  }
}
