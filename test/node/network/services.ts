import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointslices } from '../../../src/api/resources.ts';
import type { ServicePort, ServiceSpec } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { Scene } from './scene.ts';

const affinityCount = 15;

/** Services as clients in pods reach them. */
export function serviceScenarios(cluster: () => RealCluster): void {
  test('[sig-network] Services should be able to create a functioning NodePort service [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'nodeport');
    const { spec } = await scene.service('nodeport-test', { type: 'NodePort', selector: { app: 'nodeport-test' }, ports: [{ port: 80, name: 'http', protocol: 'TCP', targetPort: 9376 }] });
    const [, pod] = await Promise.all([scene.hostnames('nodeport-test', 2), scene.agnhost('execpod')]);
    await scene.reaches('execpod', 'nodeport-test', 80);
    await scene.reaches('execpod', spec!.clusterIP!, 80);
    await scene.reaches('execpod', await scene.nodeAddress(pod), spec!.ports![0]!.nodePort!);
  });

  /** Where the last of many requests went. */
  const answers = async (scene: Scene, address: string, port: number): Promise<string[]> =>
    (await scene.shell('execpod-affinity', `for i in $(seq 0 ${affinityCount}); do echo; curl -q -s --connect-timeout 2 http://${address}:${port}/; done`)).split('\n').map((line) => line.trim()).filter((line) => line !== '').slice(-affinityCount);
  const sticks = async (scene: Scene, address: string, port: number, sticky: boolean): Promise<void> => {
    await cluster().until(sticky ? 'one backend' : 'several backends', async () => {
      const hosts = await answers(scene, address, port);
      return hosts.length === affinityCount && (new Set(hosts).size === 1) === sticky;
    });
  };
  // One Deployment for all of them: each has its own Service in front.
  let affine: Promise<{ readonly scene: Scene; readonly nodeAddress: string }> | undefined;
  const affinityScene = () => affine ??= (async () => {
    const scene = await Scene.start(cluster(), 'affinity');
    const [, pod] = await Promise.all([scene.hostnames('affinity', 3), scene.agnhost('execpod-affinity')]);
    return { scene, nodeAddress: await scene.nodeAddress(pod) };
  })();
  for (const type of ['ClusterIP', 'NodePort'] as const) {
    for (const switched of [false, true]) {
      const shown = type === 'ClusterIP' ? 'service with type clusterIP' : 'NodePort service';
      const title = switched ? `should be able to switch session affinity for ${shown}` : `should have session affinity work for ${shown}`;
      test(`[sig-network] Services ${title} [LinuxOnly] [Conformance]`, async () => {
        const { scene, nodeAddress } = await affinityScene();
        const name = `affinity-${type.toLowerCase()}${switched ? '-transition' : ''}`;
        const { spec } = await scene.service(name, { type, selector: { app: 'affinity' }, sessionAffinity: 'ClientIP', ports: [{ port: 80, targetPort: 9376, protocol: 'TCP' }] });
        const [address, port] = type === 'NodePort' ? [nodeAddress, spec!.ports![0]!.nodePort!] : [spec!.clusterIP!, 80];
        await scene.reaches('execpod-affinity', name, 80);
        await scene.reaches('execpod-affinity', address, port);
        if (switched) {
          await scene.change(name, () => ({ sessionAffinity: 'None', sessionAffinityConfig: undefined as never }));
          await sticks(scene, address, port, false);
          await scene.change(name, () => ({ sessionAffinity: 'ClientIP' }));
        }
        await sticks(scene, address, port, true);
        await sticks(scene, address, port, true);
      });
    }
  }

  test('[sig-network] Services should serve endpoints on same port and different protocols [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'multiprotocol');
    const [tcp, udp]: [ServicePort, ServicePort] = [{ name: 'tcp-port', port: 80, targetPort: 80, protocol: 'TCP' }, { name: 'udp-port', port: 80, targetPort: 80, protocol: 'UDP' }];
    const { spec } = await scene.service('multiprotocol-test', { selector: { app: 'multiport' }, ports: [tcp, udp] });
    const address = spec!.clusterIP!;
    await Promise.all([scene.agnhost('pod1', ['netexec', '--http-port', '80', '--udp-port', '80'], { labels: { app: 'multiport' } }), scene.agnhost('execpod')]);
    await scene.reaches('execpod', address, 80, 'TCP');
    await scene.reaches('execpod', address, 80, 'UDP');
    const only = (port: ServicePort): Promise<unknown> => scene.change('multiprotocol-test', (): Partial<ServiceSpec> => ({ ports: [port] }));
    await only(tcp);
    await scene.reaches('execpod', address, 80, 'TCP');
    await scene.reachesNot('execpod', address, 80, 'UDP');
    await only(udp);
    await scene.reaches('execpod', address, 80, 'UDP');
    await scene.reachesNot('execpod', address, 80, 'TCP');
  });

  const slice = (scene: Scene, address: string, name: string, port: number): Promise<unknown> => cluster().client.create(endpointslices, {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { generateName: 'e2e-custom-slice', namespace: scene.namespace, labels: { 'kubernetes.io/service-name': 'example-custom-endpoints', 'endpointslice.kubernetes.io/managed-by': `e2e-test${scene.namespace}` } },
    addressType: 'IPv4', endpoints: [{ addresses: [address], conditions: { ready: true } }], ports: [{ name, port, protocol: 'TCP' }],
  });
  const custom = (scene: Scene) => scene.service('example-custom-endpoints', { ports: [{ name: 'port80', port: 80, protocol: 'TCP' }, { name: 'port81', port: 81, protocol: 'TCP' }] });
  const saysHostname = async (scene: Scene, address: string, port: number, expected: string): Promise<void> => {
    assert.equal(await scene.untilSays('pause-pod-0', `curl -q -s --max-time 30 ${address}:${port}/hostname`, (output) => output !== ''), expected);
  };
  const netexec = (name: string, port: number) => ({ name, args: ['netexec', '--http-port', String(port), '--udp-port', '-1'], ports: [{ containerPort: port, protocol: 'TCP' }] });

  test('[sig-network] EndpointSlice should support a Service with multiple ports specified in multiple EndpointSlices [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'slices-ports');
    const { image } = (await scene.agnhost('pause-pod-0')).spec!.containers[0]!;
    const [{ spec }, pod] = await Promise.all([custom(scene), scene.agnhost('pod-handle-http-request', [], { spec: { containers: [8090, 9090].map((port) => ({ image: image!, ...netexec(`container-handle-${port}-request`, port) })) } })]);
    await slice(scene, pod.status!.podIP!, 'port80', 8090);
    await slice(scene, pod.status!.podIP!, 'port81', 9090);
    await saysHostname(scene, spec!.clusterIP!, 80, 'pod-handle-http-request');
    await saysHostname(scene, spec!.clusterIP!, 81, 'pod-handle-http-request');
  });

  test('[sig-network] EndpointSlice should support a Service with multiple endpoint IPs specified in multiple EndpointSlices [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'slices-addresses');
    const [{ spec }, pod1, pod2] = await Promise.all([custom(scene), ...['pod1', 'pod2'].map((name) => scene.agnhost(`${name}-handle-http-request`, [], { container: netexec('container-handle-8090-request', 8090) })), scene.agnhost('pause-pod-0')]);
    await slice(scene, pod1!.status!.podIP!, 'port80', 8090);
    await slice(scene, pod2!.status!.podIP!, 'port81', 8090);
    await saysHostname(scene, spec!.clusterIP!, 80, 'pod1-handle-http-request');
    await saysHostname(scene, spec!.clusterIP!, 81, 'pod2-handle-http-request');
  });

  test('[sig-network] HostPort validates that there is no conflict between pods with same hostPort but different hostIP and protocol [LinuxOnly] [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'hostport');
    const host = await scene.agnhost('e2e-host-exec', [], { spec: { hostNetwork: true } });
    const [hostIP, port] = [host.status!.hostIP!, 54323];
    const make = (name: string, address: string, protocol: 'TCP' | 'UDP') => scene.agnhost(name, protocol === 'TCP' ? ['netexec', '--http-port=8080', '--udp-port=-1'] : ['netexec', '--http-port=8008', '--udp-port=8080'], {
      container: { ports: [{ hostPort: port, containerPort: 8080, protocol, hostIP: address }], readinessProbe: { httpGet: { path: '/hostname', port: protocol === 'TCP' ? 8080 : 8008 }, periodSeconds: 1 } },
    });
    await Promise.all([make('pod1', '127.0.0.1', 'TCP'), make('pod2', hostIP, 'TCP'), make('pod3', hostIP, 'UDP')]);
    await scene.untilSays('e2e-host-exec', `curl -s -g --connect-timeout 5 --interface ${hostIP} http://127.0.0.1:${port}/hostname`, (output) => output === 'pod1');
    await scene.untilSays('e2e-host-exec', `curl -s -g --connect-timeout 5 http://${hostIP}:${port}/hostname`, (output) => output === 'pod2');
    await scene.untilSays('e2e-host-exec', `echo hostname | nc -u -w 1 ${hostIP} ${port}`, (output) => output === 'pod3');
  });
}
