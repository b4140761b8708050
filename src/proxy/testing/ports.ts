import type { ServicePort } from '../service-port.ts';

const backends = [{ ip: '10.244.0.2', port: 8080, local: true }, { ip: '10.244.1.3', port: 8080, local: false }];

/** A NodePort Service of two backends, changed. */
export function portOf(changes: Partial<ServicePort> = {}): ServicePort {
  return {
    key: 'default/web:http', family: 4, protocol: 'tcp', port: 80, clusterIp: '10.96.0.7', externalIps: [], loadBalancerIps: [], sourceRanges: [], openForNode: false, nodePort: 30080, affinitySeconds: undefined,
    internalLocal: false, externalLocal: false, cluster: backends, local: [], hasEndpoints: true, serving: backends.map(({ ip, port }) => `${ip}:${port}`), ...changes,
  };
}

/** Services of all kinds, by what is special in each; all may be there at once. */
export const kinds: Readonly<Record<string, ServicePort>> = {
  plain: portOf(),
  nowhere: portOf({ key: 'default/nowhere:', clusterIp: '10.96.0.8', nodePort: 30081, cluster: [], hasEndpoints: false, serving: [] }),
  sticky: portOf({ key: 'default/sticky:', clusterIp: '10.96.0.9', nodePort: 30082, affinitySeconds: 60 }),
  dns: portOf({ key: 'kube-system/kube-dns:dns', protocol: 'udp', port: 53, clusterIp: '10.96.0.10', nodePort: undefined }),
  sctp: portOf({ key: 'default/diameter:', protocol: 'sctp', port: 3868, clusterIp: '10.96.0.11', nodePort: 30083 }),
  here: portOf({ key: 'default/here:', clusterIp: '10.96.0.12', nodePort: 30084, externalLocal: true, local: backends.slice(0, 1) }),
  elsewhere: portOf({ key: 'default/elsewhere:', clusterIp: '10.96.0.13', nodePort: 30085, externalLocal: true, internalLocal: true }),
  balanced: portOf({ key: 'default/balanced:', clusterIp: '10.96.0.14', nodePort: 30086, externalIps: ['192.0.2.9'], loadBalancerIps: ['192.0.2.8'], sourceRanges: ['198.51.100.0/24', '203.0.113.7/32'], openForNode: true }),
  six: portOf({ family: 6, clusterIp: 'fd00:96::7', nodePort: 30087, externalIps: ['2001:db8::9'], loadBalancerIps: ['2001:db8::8'], sourceRanges: ['2001:db8:1::/48'], cluster: [{ ip: 'fd00:244::2', port: 8080, local: true }], serving: ['[fd00:244::2]:8080'] }),
  sixSticky: portOf({ key: 'default/six:', family: 6, clusterIp: 'fd00:96::8', nodePort: undefined, affinitySeconds: 90, cluster: [{ ip: 'fd00:244::2', port: 8080, local: true }], serving: ['[fd00:244::2]:8080'] }),
};
