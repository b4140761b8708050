import { ipFamilyOf } from '../../api/meta/ip.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Endpoints, Service } from '../../api/types/core/v1.ts';
import type { EndpointSlice } from '../../api/types/discovery/v1.ts';
import { systemPriorityClasses } from '../admission/priority/priority.ts';
import type { ApiServerOptions } from '../options.ts';
import { ClusterIpRange } from '../services/cluster-ip-range.ts';
import { configuredCidrs } from '../services/service-cidrs.ts';

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** What must exist before anything else, in order. Created when missing, never changed. */
export function initialObjects(options: Pick<ApiServerOptions, 'serviceCidr'>): KubeObject[] {
  const [cidr = ''] = configuredCidrs(options.serviceCidr);
  const service: Service & KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP', clusterIP: new ClusterIpRange(cidr).first, sessionAffinity: 'None',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    },
  };
  return [
    ...namespaces.map((name): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...systemPriorityClasses,
    service,
  ];
}

/** Where the kubernetes Service leads: kept in line with where the server listens. */
export function advertisedObjects({ address, port }: { readonly address: string; readonly port: number }): (Endpoints | EndpointSlice)[] {
  const endpoints: Endpoints & KubeObject = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  };
  const slice: EndpointSlice & KubeObject = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: ipFamilyOf(address) === 6 ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  };
  return [endpoints, slice];
}
