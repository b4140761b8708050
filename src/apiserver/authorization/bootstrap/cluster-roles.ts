import type { PolicyRule } from '../../../api/types/rbac/v1.ts';
import { nodeRules } from './node-rules.ts';
import { eventsRule, read, readWrite, rule, urls, write } from './rule.ts';

/** One default ClusterRole: rules of its own, or the label that gathers other roles' rules. */
export interface DefaultClusterRole {
  readonly name: string;
  readonly rules?: readonly PolicyRule[];
  /** Gathers the rules of every role labelled `rbac.authorization.k8s.io/aggregate-to-<this>`. */
  readonly aggregates?: 'admin' | 'edit' | 'view';
  /** Is gathered by this role. */
  readonly aggregateTo?: 'admin' | 'edit' | 'view';
}

const aggregateToAdmin: readonly PolicyRule[] = [
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  rule(readWrite, 'rbac.authorization.k8s.io', 'roles rolebindings'),
];

const aggregateToEdit: readonly PolicyRule[] = [
  rule(read, '', 'pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy'),
  rule('impersonate', '', 'serviceaccounts'),
  rule(write, '', 'pods pods/attach pods/proxy pods/exec pods/portforward'),
  rule('create', '', 'pods/eviction'),
  rule(write, '', 'replicationcontrollers replicationcontrollers/scale serviceaccounts services services/proxy persistentvolumeclaims configmaps secrets'),
  rule('create', '', 'serviceaccounts/token'),
  rule(write, ',events.k8s.io', 'events'),
  rule(write, 'apps', 'statefulsets statefulsets/scale daemonsets deployments deployments/scale deployments/rollback replicasets replicasets/scale'),
  rule(write, 'autoscaling', 'horizontalpodautoscalers'),
  rule(write, 'batch', 'jobs cronjobs'),
  rule(write, 'extensions', 'daemonsets deployments deployments/scale deployments/rollback ingresses replicasets replicasets/scale replicationcontrollers/scale networkpolicies'),
  rule(write, 'policy', 'poddisruptionbudgets'),
  rule(write, 'networking.k8s.io', 'networkpolicies ingresses'),
  rule(readWrite, 'coordination.k8s.io', 'leases'),
  rule(write, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
];

const aggregateToView: readonly PolicyRule[] = [
  rule(read, '', 'pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status endpoints persistentvolumeclaims persistentvolumeclaims/status configmaps'),
  rule(read, '', 'limitranges resourcequotas bindings pods/status resourcequotas/status namespaces/status replicationcontrollers/status pods/log'),
  rule(read, '', 'namespaces'),
  rule(read, ',events.k8s.io', 'events'),
  rule(read, 'discovery.k8s.io', 'endpointslices'),
  rule(read, 'apps', 'controllerrevisions statefulsets statefulsets/status statefulsets/scale daemonsets daemonsets/status deployments deployments/status deployments/scale replicasets replicasets/status replicasets/scale'),
  rule(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  rule(read, 'batch', 'jobs cronjobs cronjobs/status jobs/status'),
  rule(read, 'extensions', 'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status replicasets replicasets/scale replicasets/status replicationcontrollers/scale networkpolicies'),
  rule(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  rule(read, 'networking.k8s.io', 'networkpolicies ingresses ingresses/status'),
  rule(read, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
];

const kubeScheduler: readonly PolicyRule[] = [
  eventsRule,
  rule('create', 'coordination.k8s.io', 'leases'),
  rule(`${read} update`, 'coordination.k8s.io', 'leases', 'kube-scheduler'),
  rule(readWrite, 'coordination.k8s.io', 'leasecandidates'),
  rule(read, '', 'nodes'),
  rule(`${read} delete`, '', 'pods'),
  rule('create', '', 'pods/binding bindings'),
  rule('patch update', '', 'pods/status'),
  rule(read, '', 'services replicationcontrollers'),
  rule(read, 'apps,extensions', 'replicasets'),
  rule(read, 'apps', 'statefulsets'),
  rule(read, 'policy', 'poddisruptionbudgets'),
  rule(read, '', 'persistentvolumeclaims persistentvolumes'),
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  rule(read, 'storage.k8s.io', 'csinodes'),
  rule(read, 'storage.k8s.io', 'volumeattachments'),
  rule(read, '', 'namespaces'),
  rule(read, 'storage.k8s.io', 'csidrivers'),
  rule(read, 'storage.k8s.io', 'csistoragecapacities'),
  rule(read, 'resource.k8s.io', 'deviceclasses'),
  rule(`${read} update patch`, 'resource.k8s.io', 'resourceclaims'),
  rule(`${read} update patch`, 'resource.k8s.io', 'resourceclaims/status'),
  rule('update', '', 'pods/finalizers'),
  rule(read, 'resource.k8s.io', 'resourceslices'),
  rule('create delete', 'resource.k8s.io', 'resourceclaims'),
  rule('update patch', 'resource.k8s.io', 'resourceclaims/binding'),
];

const kubeControllerManager: readonly PolicyRule[] = [
  eventsRule,
  rule('create', 'coordination.k8s.io', 'leases'),
  rule('get update', 'coordination.k8s.io', 'leases', 'kube-controller-manager'),
  rule('create', '', 'secrets serviceaccounts'),
  rule('delete', '', 'secrets'),
  rule('get', '', 'configmaps namespaces secrets serviceaccounts'),
  rule('update', '', 'secrets serviceaccounts'),
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  rule('list watch', '*', '*'),
  rule('create', '', 'serviceaccounts/token'),
];

const approver = (signer: string): DefaultClusterRole => ({
  name: `system:certificates.k8s.io:${signer}-approver`,
  rules: [rule('approve', 'certificates.k8s.io', 'signers', `kubernetes.io/${signer}`)],
});

/** Upstream's default ClusterRoles for v1.36 with its default features, those of the controllers aside. */
export const defaultClusterRoles: readonly DefaultClusterRole[] = [
  { name: 'cluster-admin', rules: [rule('*', '*', '*'), urls('*', '*')] },
  { name: 'admin', aggregates: 'admin' },
  { name: 'edit', aggregates: 'edit', aggregateTo: 'admin' },
  { name: 'view', aggregates: 'view', aggregateTo: 'edit' },
  { name: 'system:aggregate-to-admin', aggregateTo: 'admin', rules: aggregateToAdmin },
  { name: 'system:aggregate-to-edit', aggregateTo: 'edit', rules: aggregateToEdit },
  { name: 'system:aggregate-to-view', aggregateTo: 'view', rules: aggregateToView },
  { name: 'system:discovery', rules: [urls('get', '/livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*')] },
  {
    name: 'system:monitoring',
    rules: [urls('get', '/metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/* /flagz /statusz'), rule('get', '', 'nodes/metrics')],
  },
  {
    name: 'system:basic-user',
    rules: [rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'), rule('create', 'authentication.k8s.io', 'selfsubjectreviews')],
  },
  { name: 'system:public-info-viewer', rules: [urls('get', '/livez /readyz /healthz /version /version/')] },
  { name: 'system:heapster', rules: [rule(read, '', 'events pods nodes namespaces'), rule(read, 'extensions', 'deployments')] },
  { name: 'system:node', rules: nodeRules },
  { name: 'system:node-problem-detector', rules: [rule('get', '', 'nodes'), rule('patch', '', 'nodes/status'), eventsRule] },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      rule(read, '', 'nodes'),
      rule('proxy', '', 'nodes'),
      rule('*', '', 'nodes/proxy nodes/metrics nodes/log nodes/stats'),
      rule('*', '', 'nodes/configz nodes/healthz nodes/pods'),
    ],
  },
  { name: 'system:node-bootstrapper', rules: [rule(`create ${read}`, 'certificates.k8s.io', 'certificatesigningrequests')] },
  { name: 'system:auth-delegator', rules: [rule('create', 'authentication.k8s.io', 'tokenreviews'), rule('create', 'authorization.k8s.io', 'subjectaccessreviews')] },
  { name: 'system:kube-aggregator', rules: [rule(read, '', 'services endpoints')] },
  { name: 'system:kube-controller-manager', rules: kubeControllerManager },
  { name: 'system:kube-dns', rules: [rule('list watch', '', 'endpoints services')] },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      rule(`${read} create delete`, '', 'persistentvolumes'),
      rule(`${read} update`, '', 'persistentvolumeclaims'),
      rule(read, 'storage.k8s.io', 'storageclasses'),
      rule('watch', '', 'events'),
      eventsRule,
    ],
  },
  { name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient', rules: [rule('create', 'certificates.k8s.io', 'certificatesigningrequests/nodeclient')] },
  { name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', rules: [rule('create', 'certificates.k8s.io', 'certificatesigningrequests/selfnodeclient')] },
  {
    name: 'system:volume-scheduler',
    rules: [
      rule(`${read} update patch`, '', 'persistentvolumes'),
      rule(read, 'storage.k8s.io', 'storageclasses'),
      rule(`${read} update patch`, '', 'persistentvolumeclaims'),
    ],
  },
  approver('legacy-unknown'),
  approver('kubelet-serving'),
  approver('kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet'),
  {
    name: 'system:service-account-issuer-discovery',
    rules: [urls('get', '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/')],
  },
  {
    name: 'system:node-proxier',
    rules: [
      rule('list watch', '', 'services endpoints'),
      rule(read, '', 'nodes'),
      eventsRule,
      rule('list watch', 'networking.k8s.io', 'servicecidrs'),
      rule('list watch', 'discovery.k8s.io', 'endpointslices'),
    ],
  },
  { name: 'system:kube-scheduler', rules: kubeScheduler },
];
