import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { Scene } from './scene.ts';

const [httpPort, udpPort, testPort] = [8083, 8081, 9080];

/** Pods and nodes reach pods over HTTP and UDP. */
export function granularScenarios(cluster: () => RealCluster): void {
  const servers = async (scene: Scene): Promise<Pod[]> => Promise.all(['netserver-0', 'netserver-1'].map((name) => scene.agnhost(name, ['netexec', `--http-port=${httpPort}`, `--udp-port=${udpPort}`], {
    container: { readinessProbe: { httpGet: { path: '/healthz', port: httpPort }, periodSeconds: 1 } },
  })));
  for (const protocol of ['http', 'udp'] as const) {
    const port = protocol === 'http' ? httpPort : udpPort;
    test(`[sig-network] Networking Granular Checks: Pods should function for intra-pod communication: ${protocol} [NodeConformance] [Conformance]`, async () => {
      const scene = await Scene.start(cluster(), `granular-pods-${protocol}`);
      const [endpoints, tester] = await Promise.all([servers(scene), scene.agnhost('test-container-pod', ['netexec', `--http-port=${testPort}`])]);
      await scene.agnhost('host-test-container-pod', []);
      for (const { metadata, status } of endpoints) {
        const answer = await scene.shell('host-test-container-pod', `curl -g -q -s 'http://${tester.status?.podIP}:${testPort}/dial?request=hostname&protocol=${protocol}&host=${status?.podIP}&port=${port}&tries=1'`);
        assert.deepEqual(JSON.parse(answer), { responses: [metadata.name] });
      }
    });
    test(`[sig-network] Networking Granular Checks: Pods should function for node-pod communication: ${protocol} [LinuxOnly] [NodeConformance] [Conformance]`, async () => {
      const scene = await Scene.start(cluster(), `granular-node-${protocol}`);
      const [endpoints] = await Promise.all([servers(scene), scene.agnhost('host-test-container-pod', [], { spec: { hostNetwork: true } })]);
      for (const { metadata, status } of endpoints) {
        const ask = protocol === 'udp' ? `echo hostName | nc -w 1 -u ${status?.podIP} ${port}` : `curl -g -q -s --max-time 15 --connect-timeout 1 http://${status?.podIP}:${port}/hostName`;
        await scene.untilSays('host-test-container-pod', `${ask} | grep -v '^\\s*$'`, (output) => output === metadata.name);
      }
    });
  }
}
