import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { request } from 'node:https';
import { test } from 'node:test';
import dnsPacket from 'dns-packet';
import { configmaps, endpointslices, ingresses, networkpolicies, pods, secrets, services } from '../../../src/api/resources.ts';
import type { ServiceSpec } from '../../../src/api/types/core/v1.ts';
import type { NetworkPolicySpec } from '../../../src/api/types/networking/v1.ts';
import { createAuthority, issueCertificate } from '../../../src/pki/certificate.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { Scene } from './scene.ts';

const domain = 'cluster.local';

/** What Services, names and policies do beyond Kubernetes' own tests, between real containers. */
export function beyondScenarios(cluster: () => RealCluster): void {
  const web = (scene: Scene, name: string, labels: Record<string, string> = { app: name }) => scene.agnhost(name, ['netexec', '--http-port=8080', '--udp-port=8081'], { labels, container: { readinessProbe: { httpGet: { path: '/hostname', port: 8080 }, periodSeconds: 1 } } });
  const curl = (where: string, seconds = 2): string => `curl -g -s -m ${seconds} ${where} || echo "failed $?"`;

  test('every field of a Service may be changed under traffic, and no request is lost', async () => {
    const scene = await Scene.start(cluster(), 'changing');
    await Promise.all([web(scene, 'one', { app: 'one', all: 'yes' }), web(scene, 'two', { app: 'two', all: 'yes' }), scene.agnhost('client')]);
    const { spec } = await scene.service('web', { selector: { app: 'one' }, ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }] });
    const address = spec!.clusterIP!;
    await scene.untilSays('client', curl(`http://${address}/hostname`), (output) => output === 'one');
    // Asks as long as the file is there, and tells how often each answered.
    const asked = scene.shell('client', `touch /tmp/go; while [ -e /tmp/go ]; do ${curl(`http://${address}/hostname`)}; echo; done | grep -v '^$' | sort | uniq -c`);
    await scene.untilSays('client', 'ls /tmp/go', (output) => output === '/tmp/go');
    const changes: readonly Partial<ServiceSpec>[] = [
      { selector: { app: 'two' } }, { selector: { all: 'yes' } }, { sessionAffinity: 'ClientIP' }, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }, { sessionAffinity: 'None', sessionAffinityConfig: undefined as never },
      { type: 'NodePort' }, { externalTrafficPolicy: 'Local' }, { type: 'LoadBalancer' }, { loadBalancerSourceRanges: ['192.0.2.0/24'] }, { externalTrafficPolicy: 'Cluster' }, { allocateLoadBalancerNodePorts: false }, { externalIPs: ['203.0.113.7'] },
      { internalTrafficPolicy: 'Local' }, { internalTrafficPolicy: 'Cluster' }, { trafficDistribution: 'PreferSameNode' }, { trafficDistribution: 'PreferSameZone' }, { publishNotReadyAddresses: true },
      { ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }, { name: 'dns', port: 53, targetPort: 8081, protocol: 'UDP' }] }, { type: 'ClusterIP', externalIPs: [], loadBalancerSourceRanges: [], externalTrafficPolicy: undefined as never, allocateLoadBalancerNodePorts: undefined as never },
    ];
    for (const change of changes) {
      await scene.change('web', () => change);
      // So that requests meet each of them.
      await scene.untilSays('client', curl(`http://${address}/hostname`), (output) => /^(one|two)$/.test(output));
    }
    await scene.shell('client', 'rm /tmp/go');
    const counts = new Map((await asked).trim().split('\n').map((line) => line.trim().split(/\s+(.*)/).slice(0, 2).toReversed() as [string, string]));
    assert.deepEqual([...counts.keys()].toSorted(), ['one', 'two'], JSON.stringify([...counts]));
  });

  test('external addresses, load balancers for whom they are open, hairpins, and addresses that are not ready', async () => {
    const scene = await Scene.start(cluster(), 'addresses');
    await Promise.all([web(scene, 'web'), scene.agnhost('client')]);
    const ports = [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }];
    const { spec } = await scene.service('web', { type: 'LoadBalancer', selector: { app: 'web' }, externalIPs: ['203.0.113.9'], loadBalancerSourceRanges: ['192.0.2.0/24'], ports });
    const balanced = await cluster().until('its address', async () => (await cluster().client.get(services, { namespace: scene.namespace, name: 'web' })).status?.loadBalancer?.ingress?.[0]?.ip);
    await scene.untilSays('client', curl('http://203.0.113.9/hostname'), (output) => output === 'web');
    await scene.untilSays('web', curl(`http://${spec!.clusterIP}/hostname`), (output) => output === 'web');
    assert.match(await scene.shell('client', curl(`http://${balanced}/hostname`)), /^failed 28/);
    await scene.change('web', () => ({ loadBalancerSourceRanges: ['10.244.0.0/16'] }));
    await scene.untilSays('client', curl(`http://${balanced}/hostname`), (output) => output === 'web');

    await cluster().client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'never', namespace: scene.namespace, labels: { app: 'never' } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: (await scene.get('web')).spec!.containers[0]!.image!, args: ['pause'], readinessProbe: { exec: { command: ['false'] } } }] } });
    const { status } = await cluster().untilPod('never', 'runs', (pod) => pod.status?.phase === 'Running', { namespace: scene.namespace });
    for (const publishNotReadyAddresses of [false, true]) await scene.service(`never-${publishNotReadyAddresses}`, { clusterIP: 'None', selector: { app: 'never' }, publishNotReadyAddresses });
    await scene.untilSays('client', `dig +short never-true.${scene.namespace}.svc.${domain} A`, (output) => output === status?.podIP);
    assert.equal(await scene.shell('client', `dig +short never-false.${scene.namespace}.svc.${domain} A`), '');
  });

  test('names of every type, by every search domain, in pieces and over TCP, and those of other servers', async () => {
    const scene = await Scene.start(cluster(), 'names');
    await scene.agnhost('client');
    const { spec } = await scene.service('web', { selector: { app: 'none' }, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] });
    const full = `web.${scene.namespace}.svc.${domain}`;
    const dig = (what: string): Promise<string> => scene.shell('client', `dig ${what}`).then((text) => text.trim());
    await scene.untilSays('client', `dig +short ${full} A`, (output) => output === spec!.clusterIP);
    for (const name of ['web', `web.${scene.namespace}`, `web.${scene.namespace}.svc`]) assert.equal(await dig(`+short +search ${name} A`), spec!.clusterIP, name);
    assert.match(await scene.shell('client', 'cat /etc/resolv.conf'), new RegExp(`^search ${scene.namespace}\\.svc\\.cluster\\.local svc\\.cluster\\.local cluster\\.local(.*)$[^]*^options ndots:5$`, 'm'));
    assert.match(await dig(`+noall +comments ${full} AAAA`), /status: NOERROR[^]*ANSWER: 0/);
    assert.match(await dig(`+noall +comments none.${scene.namespace}.svc.${domain} A`), /status: NXDOMAIN/);
    assert.equal(await dig(`+short _http._tcp.${full} SRV`), `0 100 80 ${full}.`);
    assert.equal(await dig(`+short -x ${spec!.clusterIP}`), `${full}.`);
    assert.equal(await dig(`+short dns-version.${domain} TXT`), '"1.1.0"');

    await scene.service('many', { clusterIP: 'None', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] });
    await cluster().client.create(endpointslices, {
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'many', namespace: scene.namespace, labels: { 'kubernetes.io/service-name': 'many' } }, addressType: 'IPv4',
      endpoints: Array.from({ length: 90 }, (_, index) => ({ addresses: [`10.250.0.${index + 1}`], conditions: { ready: true } })), ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    });
    const many = `many.${scene.namespace}.svc.${domain}`;
    await scene.untilSays('client', `dig +short ${many} A | wc -l`, (output) => output === '90');
    assert.match(await dig(`+noedns +ignore +noall +comments ${many} A`), /flags:[^;]* tc[ ;]/);

    const other = createSocket('udp4');
    other.on('message', (question, peer) => {
      const { id, questions = [] } = dnsPacket.decode(question);
      other.send(dnsPacket.encode({ type: 'response', ...(id !== undefined && { id }), questions, answers: [{ type: 'A', name: questions[0]?.name ?? '', ttl: 1, data: '192.0.2.53' }] }), peer.port, peer.address);
    });
    await new Promise<void>((resolve) => { other.bind(0, '127.0.0.1', resolve); });
    try {
      await cluster().client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'coredns', namespace: 'kube-system' }, data: { Corefile: `acme.local:53 {\n  forward . 127.0.0.1:${other.address().port}\n}\n` } });
      await scene.untilSays('client', 'dig +short build.acme.local A', (output) => output === '192.0.2.53');
    } finally {
      await cluster().client.delete(configmaps, { namespace: 'kube-system', name: 'coredns' });
      other.close();
    }
  });

  test('network policies let in whom they say, by namespace, by ranges of ports, and by blocks with exceptions', async () => {
    const [scene, others] = [await Scene.start(cluster(), 'guarded'), await Scene.start(cluster(), 'elsewhere')];
    await Promise.all([web(scene, 'web'), scene.agnhost('near'), others.agnhost('far')]);
    const address = (await scene.get('web')).status!.podIP!;
    const far = (await others.get('far')).status!.podIP!;
    const says = async (from: [Scene, string], expected: RegExp): Promise<void> => void await from[0].untilSays(from[1], curl(`http://${address}:8080/hostname`, 1), (output) => expected.test(output));
    const [open, closed] = [/^web$/, /^failed 28/];
    const under = async (podSpec: NetworkPolicySpec, near: RegExp, away: RegExp): Promise<void> => {
      await cluster().client.create(networkpolicies, { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { namespace: scene.namespace, name: 'policy' }, spec: podSpec });
      await says([scene, 'near'], near);
      await says([others, 'far'], away);
      // Its own node always may: probes would fail.
      assert.equal((await scene.get('web')).status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
      await cluster().client.delete(networkpolicies, { namespace: scene.namespace, name: 'policy' });
    };
    const pod = { podSelector: { matchLabels: { app: 'web' } } };
    await says([others, 'far'], open);
    await under({ podSelector: {} }, closed, closed);
    await under({ ...pod, ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': others.namespace } } }], ports: [{ port: 8000, endPort: 8090 }] }] }, closed, open);
    await under({ ...pod, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 8080 }] }] }, open, closed);
    await under({ ...pod, ingress: [{ ports: [{ port: 8081, endPort: 8090 }] }] }, closed, closed);
    await under({ ...pod, ingress: [{ from: [{ ipBlock: { cidr: '10.244.0.0/16', except: [`${far}/32`] } }] }] }, open, closed);
    await says([others, 'far'], open);
  });

  test('an Ingress is served over TLS with its certificate, in HTTP/1.1 and HTTP/2', async () => {
    const scene = await Scene.start(cluster(), 'sealed');
    const { client } = cluster();
    await web(scene, 'web');
    await scene.service('web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] });
    const times = { notBeforeMs: Date.parse('2020-01-01'), notAfterMs: Date.parse('2040-01-01') };
    const authority = await createAuthority({ commonName: 'test', ...times });
    const { certificate, key } = await issueCertificate(authority, { commonName: 'sealed.example', names: ['sealed.example'], ...times, usages: ['server'] });
    await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { namespace: scene.namespace, name: 'sealed' }, stringData: { 'tls.crt': certificate, 'tls.key': key } });
    await client.create(ingresses, {
      apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { namespace: scene.namespace, name: 'sealed' },
      spec: { tls: [{ hosts: ['sealed.example'], secretName: 'sealed' }], rules: [{ host: 'sealed.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] } }] },
    });
    const host = await cluster().until('an address of the Ingress', async () => (await client.get(ingresses, { namespace: scene.namespace, name: 'sealed' })).status?.loadBalancer?.ingress?.[0]?.ip);
    const ask = (): Promise<string> => new Promise((resolve) => {
      const outgoing = request({ host, path: '/hostname', servername: 'sealed.example', headers: { host: 'sealed.example' }, ca: authority.certificate, agent: false, timeout: 3_000 }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => resolve(text));
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('timeout'))).on('error', (error) => resolve(error.message)).end();
    });
    await cluster().until('an answer over TLS', async () => (await ask()) === 'web');
    const { connect } = await import('node:http2');
    const session = connect(`https://${host}`, { servername: 'sealed.example', ca: authority.certificate });
    const stream = session.request({ ':path': '/hostname', ':authority': 'sealed.example' });
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
    session.destroy();
    assert.equal(text, 'web');
  });
}
