import { test } from 'node:test';
import type { Pod } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { Scene } from './scene.ts';

const [httpPort, udpPort, testPort] = [8083, 8081, 9080];

/** Pods and nodes reach pods over HTTP and UDP. */
export function granularScenarios(cluster: () => RealCluster): void {
  // One server a node, as in upstream's test.
  const server = (scene: Scene): Promise<Pod> => scene.agnhost('netserver-0', ['netexec', `--http-port=${httpPort}`, `--udp-port=${udpPort}`], { container: { readinessProbe: { httpGet: { path: '/healthz', port: httpPort }, periodSeconds: 1 } } });
  for (const protocol of ['http', 'udp'] as const) {
    const port = protocol === 'http' ? httpPort : udpPort;
    test(`[sig-network] Networking Granular Checks: Pods should function for intra-pod communication: ${protocol} [NodeConformance] [Conformance]`, async () => {
      const scene = await Scene.start(cluster(), `granular-pods-${protocol}`);
      const [{ metadata, status }, tester] = await Promise.all([server(scene), scene.agnhost('test-container-pod', ['netexec', `--http-port=${testPort}`])]);
      await cluster().until('an answer', async () => {
        const answer = await scene.shell('test-container-pod', `curl -g -q -s 'http://${tester.status?.podIP}:${testPort}/dial?request=hostname&protocol=${protocol}&host=${status?.podIP}&port=${port}&tries=1'`);
        return JSON.stringify({ responses: [metadata.name] }) === answer;
      });
    });
    test(`[sig-network] Networking Granular Checks: Pods should function for node-pod communication: ${protocol} [LinuxOnly] [NodeConformance] [Conformance]`, async () => {
      const scene = await Scene.start(cluster(), `granular-node-${protocol}`);
      const [{ metadata, status }] = await Promise.all([server(scene), scene.agnhost('host-test-container-pod', [], { spec: { hostNetwork: true } })]);
      const ask = protocol === 'udp' ? `echo hostName | nc -w 1 -u ${status?.podIP} ${port}` : `curl -g -q -s --max-time 15 --connect-timeout 1 http://${status?.podIP}:${port}/hostName`;
      await scene.untilSays('host-test-container-pod', `${ask} | grep -v '^\\s*$'`, (output) => output === metadata.name);
    });
  }
}
