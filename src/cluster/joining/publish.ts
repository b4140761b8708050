import type { KubeObject } from '../../api/meta/object.ts';
import { configmaps } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { ConfigMap } from '../../api/types/core/v1.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../../api/types/rbac/v1.ts';
import type { Client } from '../../client/client.ts';
import { addressInRange } from '../addresses.ts';
import { tokenGroup } from './bootstrap-token.ts';

export interface JoinSettings {
  /** `https://ADDRESS:PORT`, as other machines reach it. */
  readonly server: string;
  /** PEM. */
  readonly authority: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly clusterDomain: string;
}

const rbac = 'rbac.authorization.k8s.io/v1';
const rbacGroup = 'rbac.authorization.k8s.io';
const group = (name: string): Subject => ({ apiGroup: rbacGroup, kind: 'Group', name });

const binding = (name: string, role: string, subjects: Subject[]): ClusterRoleBinding => ({ apiVersion: rbac, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role }, subjects });

/** Lets these read one ConfigMap. */
function reading(name: string, { namespace, map, subjects }: { readonly namespace: string; readonly map: string; readonly subjects: Subject[] }): [Role, RoleBinding] {
  const rules: PolicyRule[] = [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [map], verbs: ['get'] }];
  return [
    { apiVersion: rbac, kind: 'Role', metadata: { name, namespace }, rules },
    { apiVersion: rbac, kind: 'RoleBinding', metadata: { name, namespace }, roleRef: { apiGroup: rbacGroup, kind: 'Role', name }, subjects },
  ];
}

const nodesAndBootstrappers = [group(tokenGroup), group('system:nodes')];

/**
 * Who may do what while a node joins, under kubeadm's names; and what a node's own agents, which act as the node, may read to
 * make Services, routes and network policies hold there.
 */
export const joinAccess: readonly KubeObject[] = [
  binding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', [group(tokenGroup)]),
  binding('kubeadm:node-autoapprove-bootstrap', 'system:certificates.k8s.io:certificatesigningrequests:nodeclient', [group(tokenGroup)]),
  binding('kubeadm:node-autoapprove-certificate-rotation', 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', [group('system:nodes')]),
  ...reading('kubeadm:bootstrap-signer-clusterinfo', { namespace: 'kube-public', map: 'cluster-info', subjects: [{ apiGroup: rbacGroup, kind: 'User', name: 'system:anonymous' }] }),
  ...reading('kubeadm:nodes-kubeadm-config', { namespace: 'kube-system', map: 'kubeadm-config', subjects: nodesAndBootstrappers }),
  ...reading('kubeadm:kubelet-config', { namespace: 'kube-system', map: 'kubelet-config', subjects: nodesAndBootstrappers }),
];

/** What the agents of a node read beside what its kubelet may. */
export const nodeAgentAccess: readonly (ClusterRole | ClusterRoleBinding)[] = [
  {
    apiVersion: rbac, kind: 'ClusterRole', metadata: { name: 'coxswain:node-network' },
    rules: [
      { apiGroups: [''], resources: ['nodes', 'namespaces', 'pods'], verbs: ['list', 'watch'] },
      { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list', 'watch'] },
    ],
  },
  binding('coxswain:node-network', 'coxswain:node-network', [group('system:nodes')]),
  binding('coxswain:node-proxier', 'system:node-proxier', [group('system:nodes')]),
];

/** What a machine must know to join: ConfigMaps under kubeadm's names, of which `cluster-info` may be read by everybody. */
function configurations({ server, authority, clusterCidr, serviceCidr, clusterDomain }: JoinSettings): ConfigMap[] {
  const map = (namespace: string, name: string, data: Readonly<Record<string, object>>): ConfigMap => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, `${JSON.stringify(value, undefined, 2)}\n`])) });
  const kubeconfig = { apiVersion: 'v1', kind: 'Config', clusters: [{ name: '', cluster: { 'certificate-authority-data': btoa(authority), server } }], contexts: [], 'current-context': '', preferences: {}, users: [] };
  return [
    map('kube-public', 'cluster-info', { kubeconfig }),
    map('kube-system', 'kubeadm-config', { ClusterConfiguration: { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'ClusterConfiguration', controlPlaneEndpoint: new URL(server).host, kubernetesVersion: 'v1.36.0', networking: { dnsDomain: clusterDomain, podSubnet: clusterCidr, serviceSubnet: serviceCidr } } }),
    map('kube-system', 'kubelet-config', { kubelet: { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', clusterDNS: [addressInRange(serviceCidr, 10)], clusterDomain, rotateCertificates: true, serverTLSBootstrap: true } }),
  ];
}

/** Makes known what joining takes. Signatures of `cluster-info` stay until its content changes; the signer makes the rest. */
export async function publishForJoining(client: Client, settings: JoinSettings): Promise<void> {
  await Promise.all(configurations(settings).map(async (wanted) => {
    const { namespace = '', name = '' } = wanted.metadata;
    const found = await client.get(configmaps, { namespace, name }).catch((error: unknown) => {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    });
    if (found === undefined) await client.create(configmaps, wanted);
    else if (Object.entries(wanted.data ?? {}).some(([key, value]) => found.data?.[key] !== value)) await client.update(configmaps, { ...found, data: wanted.data ?? {} });
  }));
}
