import type { KubeObject } from '../api/meta/object.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from '../api/types/rbac/v1.ts';
import { startCloudControllerManager as start } from '../cloud/manager.ts';
import type { CloudControllerManagerOptions } from '../cloud/manager.ts';
import { localProvider } from '../cloud/providers/local/local.ts';
import { parsePool } from '../cloud/providers/local/pools.ts';
import type { ComponentOptions, RunningController } from './components.ts';

export interface CloudOptions extends Pick<ComponentOptions, 'clients' | 'clock' | 'random' | 'logger' | 'clusterCidr'> {
  /** Pools of the local provider, as they are written. */
  readonly loadBalancerPools: readonly string[];
  /** Another provider than the local one. */
  readonly provider?: CloudControllerManagerOptions['provider'];
  readonly controllers?: readonly string[];
}

const rbac = 'rbac.authorization.k8s.io/v1';
const rule = (resources: string[], verbs: string[]): PolicyRule => ({ apiGroups: [''], resources, verbs });
const events: PolicyRule = { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] };

/** A role with one account of kube-system that has it. */
export function access(name: string, account: string, rules: PolicyRule[]): [ClusterRole, ClusterRoleBinding] {
  return [
    { apiVersion: rbac, kind: 'ClusterRole', metadata: { name }, rules },
    { apiVersion: rbac, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }, subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'kube-system' }] },
  ];
}

/** What the controllers of a cloud may do beside what upstream's roles for its service and route controllers say. */
export const cloudAccess: readonly KubeObject[] = [
  ...access('system:cloud-controller-manager', 'cloud-controller-manager', [rule(['nodes', 'services'], ['list', 'watch'])]),
  ...access('system:controller:cloud-node-controller', 'cloud-node-controller', [rule(['nodes'], ['get', 'patch', 'update']), rule(['nodes/status'], ['patch']), events]),
  ...access('system:controller:cloud-node-lifecycle-controller', 'cloud-node-lifecycle-controller', [rule(['nodes'], ['delete', 'patch']), events]),
];

/** Starts the controllers of the cloud in this process; `cloudAccess` must be there. Disposing stops them. */
export async function startCloudControllers({ clients, clock, random, logger, clusterCidr, loadBalancerPools, controllers, provider }: CloudOptions): Promise<Omit<RunningController, 'metrics'>> {
  const pools = loadBalancerPools.map(parsePool);
  const stopping = new AbortController();
  const { ready } = await start({
    provider: provider ?? ((informers) => localProvider(informers, pools)),
    client: clients.serviceAccount('cloud-controller-manager'),
    clientFor: (name) => clients.serviceAccount(name),
    clock, random, logger: logger.named('cloud'), signal: stopping.signal,
    settings: { clusterCidrs: clusterCidr.split(',') },
    ...(controllers !== undefined && { controllers }),
  });
  return { ready, [Symbol.asyncDispose]: async () => stopping.abort(new Error('the controllers of the cloud were stopped')) };
}
