import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dirname } from 'node:path';
import { pods } from '../../../src/api/resources.ts';
import type { Container, PodSpec, Probe } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from './real-cluster.ts';
import { agnhost, podOf } from './real-cluster.ts';

/** Long enough for what must not happen to happen, were it to. */
const watchMs = 20_000;

/** A health service in a container, run by this very Node.js with the machine's libraries. `SERVING` is status 1. */
const grpcProgram = `
const http2 = require('node:http2');
http2.createServer().on('stream', (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.resume().on('end', () => stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1])));
}).listen(5000);
`;
const libraries = ['/lib', '/lib64', '/usr/lib'];
const grpcContainer: Partial<Container> = { command: [process.execPath, '-e', grpcProgram], volumeMounts: [dirname(process.execPath), ...libraries].map((path, index) => ({ name: `host-${index}`, mountPath: path, readOnly: true })) };
const grpcVolumes = [dirname(process.execPath), ...libraries].map((path, index) => ({ name: `host-${index}`, hostPath: { path } }));

/** Probes of every kind, against processes. */
export function probeScenarios(cluster: () => RealCluster): void {
  const healthFile = (then: string): Partial<Container> => ({ command: ['/bin/sh', '-c', `echo ok >/tmp/health; ${then}`] });
  // What is up is asked whether it lives: how long a server takes to be up, or to answer, on a busy machine is no question here.
  const patient = { periodSeconds: 1, timeoutSeconds: 20 };
  const up = (port: number): Partial<Container> => ({ startupProbe: { tcpSocket: { port }, ...patient, failureThreshold: 60 } });
  const once = { ...patient, periodSeconds: 2, failureThreshold: 1 };
  const exec: Probe = { exec: { command: ['cat', '/tmp/health'] }, initialDelaySeconds: 2, ...once };
  const server = { image: agnhost, args: ['liveness'], ...up(8080) };
  const grpcServer = { ...grpcContainer, ...up(5000) };
  const cases: readonly [string, string, 0 | 1, Partial<Container>, Probe, Partial<PodSpec>?][] = [
    ['should be restarted with a exec "cat /tmp/health" liveness probe', 'live-exec-bad', 1, healthFile('sleep 5; rm -rf /tmp/health; sleep 600'), exec],
    ['should *not* be restarted with a exec "cat /tmp/health" liveness probe', 'live-exec', 0, healthFile('sleep 600'), exec],
    ['should be restarted with a /healthz http liveness probe', 'live-http-bad', 1, server, { httpGet: { path: '/healthz', port: 8080 }, ...once }],
    ['should *not* be restarted with a /healthz http liveness probe', 'live-http', 0, { image: agnhost, args: ['test-webserver'], ...up(80) }, { httpGet: { path: '/', port: 80 }, ...once, failureThreshold: 5 }],
    ['should *not* be restarted with a tcp:8080 liveness probe', 'live-tcp', 0, server, { tcpSocket: { port: 8080 }, ...once }],
    ['should *not* be restarted with a GRPC liveness probe', 'live-grpc', 0, grpcServer, { grpc: { port: 5000 }, ...once }, { volumes: grpcVolumes }],
    ['should be restarted with a GRPC liveness probe', 'live-grpc-bad', 1, grpcServer, { grpc: { port: 2333 }, ...once, initialDelaySeconds: 6 }, { volumes: grpcVolumes }],
  ];
  for (const [title, name, restarts, container, livenessProbe, spec] of cases) {
    test(`[sig-node] Probing container ${title} [NodeConformance] [Conformance]`, async () => {
      const pod = podOf(name, { ...container, livenessProbe }, spec);
      if (restarts === 1) {
        await cluster().client.create(pods, pod);
        await cluster().untilPod(name, 'was restarted', ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1);
      } else {
        await cluster().running(pod);
        await cluster().clock.sleep(watchMs);
      }
      const { status } = await cluster().get(name);
      assert.equal(status?.containerStatuses?.[0]?.restartCount, restarts);
    });
  }
}
