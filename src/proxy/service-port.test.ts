import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Service, ServiceSpec } from '../api/types/core/v1.ts';
import type { Endpoint, EndpointSlice } from '../api/types/discovery/v1.ts';
import { servicePorts } from './service-port.ts';

function service(spec: ServiceSpec, status?: Service['status']): Service {
  return { metadata: { name: 'web', namespace: 'default' }, spec: { clusterIP: '10.96.0.7', ports: [{ port: 80, name: 'http' }], ...spec }, ...(status && { status }) };
}

function slice(endpoints: Endpoint[], port = 8080): EndpointSlice {
  return { metadata: { name: 'web-1', namespace: 'default' }, addressType: 'IPv4', endpoints, ports: [{ name: 'http', port, protocol: 'TCP' }] };
}

const here: Endpoint = { addresses: ['10.244.0.2'], nodeName: 'here', conditions: { ready: true } };
const there: Endpoint = { addresses: ['10.244.1.2'], nodeName: 'there', conditions: { ready: true } };
const leaving: Endpoint = { addresses: ['10.244.0.3'], nodeName: 'here', conditions: { ready: false, serving: true, terminating: true } };
const broken: Endpoint = { addresses: ['10.244.0.4'], nodeName: 'here', conditions: { ready: false, serving: false } };

const of = (one: Service, endpoints: Endpoint[]) => servicePorts([one], () => [slice(endpoints)], 'here')[0];

describe('servicePorts', () => {
  it('sends traffic to ready endpoints at the port the slice gives', () => {
    const port = of(service({}), [there, here, broken]);
    assert.deepEqual(port?.internal, [{ ip: '10.244.0.2', port: 8080 }, { ip: '10.244.1.2', port: 8080 }]);
    assert.equal(port?.key, 'default/web:http');
  });

  it('falls back to endpoints that still serve while they terminate', () => {
    assert.deepEqual(of(service({}), [leaving, broken])?.internal, [{ ip: '10.244.0.3', port: 8080 }]);
  });

  it('keeps traffic on the node where the policy is Local', () => {
    const port = of(service({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, name: 'http', nodePort: 30080 }] }), [here, there]);
    assert.deepEqual(port?.external, [{ ip: '10.244.0.2', port: 8080 }]);
    assert.equal(port?.internal.length, 2);
    assert.equal(port?.preservesClientIp, true);
  });

  it('needs nothing for headless and ExternalName Services', () => {
    assert.deepEqual(servicePorts([service({ clusterIP: 'None' }), service({ type: 'ExternalName', externalName: 'x' })], () => [], 'here'), []);
  });

  it('takes external and load-balancer addresses, and the affinity of clients', () => {
    const port = of(service({ type: 'LoadBalancer', externalIPs: ['1.2.3.4'], sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 30 } } }, { loadBalancer: { ingress: [{ ip: '5.6.7.8' }] } }), [here]);
    assert.deepEqual(port?.externalIps, ['1.2.3.4', '5.6.7.8']);
    assert.equal(port?.affinitySeconds, 30);
  });
});
