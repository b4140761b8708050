import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../e2e/running-cluster.ts';
import { withoutNamespaces } from '../network/lab.ts';
import { SeveralNodes } from './nodes/several-nodes.ts';
import { withoutContainers } from './pods/real-cluster.ts';

const skip = withoutContainers !== false ? withoutContainers : withoutNamespaces;
if (skip !== false) console.log(`# another's network for pods is not tried: ${skip}`);

const image = 'registry.k8s.io/e2e-test-images/glibc-dns-testing:2.0.0';
/** Plugins of Debian's containernetworking-plugins: no bridge at all, but a route to each pod. */
const cni = {
  cniVersion: '0.4.0', name: 'other',
  plugins: [{ type: 'ptp', ipMasq: true, ipam: { type: 'host-local', dataDir: '/run/coxswain-other-network', ranges: [[{ subnet: '10.244.0.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] } }],
};

describe('another\'s network for pods', { skip, timeout: 450_000 }, () => {
  const cluster = new SeveralNodes();
  before(() => cluster.start({ flags: ['--network', 'none'], others: [], cni }));
  after(() => cluster[Symbol.asyncDispose]());

  it('takes the place of ours: pods have its addresses, and reach Services and names', async () => {
    const pod = (name: string, script: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image, command: ['sh', '-c', script] }] } });
    await cluster.apply(
      pod('server', 'mkdir /www && echo here >/www/index.html && exec busybox httpd -f -p 80 -h /www'), pod('client', 'exec sleep 86400'),
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'server' }, spec: { selector: { app: 'server' }, ports: [{ port: 80 }] } },
    );
    await cluster.kubectl('wait --for=condition=Ready pod/server pod/client --timeout=60s');
    const [server] = await cluster.podsByNode('server', 'first');
    assert.match(server.ip, /^10\.244\.0\.\d+$/);
    const links = await cluster.machines.ip('first', '-o link');
    assert.doesNotMatch(links, /cox0/);
    assert.equal(await eventually('the Service answers by its name', 30_000, () => cluster.ask('client', 'http://server.default.svc.cluster.local/').catch(() => undefined)), 'here');
    await cluster.kubectl('exec client -- nc -w 5 -z kubernetes.default.svc.cluster.local 443');
  });
});
