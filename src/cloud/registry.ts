import type { CloudContext } from './context.ts';
import { startCloudNodeLifecycleController } from './node-lifecycle/node-lifecycle.ts';
import { startCloudNodeController } from './node/node.ts';
import { startRouteController } from './route/route.ts';
import { startServiceController } from './service/service.ts';

export interface CloudController {
  /** As `--controllers` of cloud-controller-manager names it. */
  readonly name: string;
  /** As it was named before. */
  readonly alias: string;
  /** Sets the controller going, if the provider offers what it needs, and resolves at once; it stops when the context's signal aborts. */
  readonly start: (context: CloudContext) => Promise<void>;
}

/** Every controller of the cloud, in the order in which they are started. */
export const cloudControllers: readonly CloudController[] = [
  { name: 'cloud-node-controller', alias: 'cloud-node', start: startCloudNodeController },
  { name: 'cloud-node-lifecycle-controller', alias: 'cloud-node-lifecycle', start: startCloudNodeLifecycleController },
  { name: 'service-lb-controller', alias: 'service', start: startServiceController },
  { name: 'node-route-controller', alias: 'route', start: startRouteController },
];
