import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../e2e/running-cluster.ts';
import { withoutNamespaces } from '../network/lab.ts';
import { addresses, SeveralNodes } from './nodes/several-nodes.ts';
import { withoutContainers } from './pods/real-cluster.ts';

/** Machines in network namespaces, each with its own containerd, kubelet and service proxy: one cluster. */

const skip = withoutContainers !== false ? withoutContainers : withoutNamespaces;
if (skip !== false) console.log(`# several nodes are not tried: ${skip}`);

/** A shell, curl and nc that know names: Debian's static busybox has no resolver. */
const image = 'registry.k8s.io/e2e-test-images/glibc-dns-testing:2.0.0';

/** Answers with its own name and the address of who asks. */
const web = `
mkdir -p /www/cgi-bin
cat >/www/cgi-bin/who <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
echo "$HOSTNAME $REMOTE_ADDR" | tr -d '[]' | sed 's/::ffff://'
END
chmod +x /www/cgi-bin/who
echo serving
exec busybox httpd -f -p 80 -h /www`;

const labels = { app: 'roaming' };
/** As many may be missing as the budget says. */
const budget = (minAvailable: number) => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'roaming' }, spec: { minAvailable, selector: { matchLabels: labels } } });
const manifest = [
  {
    apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'web', image, command: ['sh', '-c', web], readinessProbe: { httpGet: { path: '/cgi-bin/who', port: 80 }, periodSeconds: 1 } }] } } },
  },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, nodePort: 30080 }] } },
  {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'roaming' },
    spec: {
      replicas: 3, selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image, command: ['sleep', '86400'] }],
          topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: labels } }],
          tolerations: ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 })),
        },
      },
    },
  },
  budget(3),
];

describe('a cluster of several nodes', { skip, timeout: 480_000 }, () => {
  let cluster: SeveralNodes;
  const roamingOn = async (): Promise<string[]> => (await cluster.podsOf('roaming')).map(({ node }) => node).sort();
  before(async () => {
    cluster = new SeveralNodes();
    await cluster.start();
    await cluster.apply(...manifest);
    await cluster.kubectl('rollout status daemonset/web --timeout=120s');
    await cluster.kubectl('rollout status deployment/roaming --timeout=120s');
  });
  after(() => cluster[Symbol.asyncDispose]());

  it('runs a pod of a DaemonSet on each, whose logs and commands the API server reaches', async () => {
    const pods = await cluster.podsOf('web');
    assert.deepEqual(pods.map(({ node }) => node).sort(), ['first', 'second', 'third']);
    await Promise.all(pods.map(async ({ name }) => {
      assert.equal((await cluster.kubectl(`logs ${name}`)).trim(), 'serving');
      assert.equal((await cluster.kubectl(`exec ${name} -- hostname`)).trim(), name);
    }));
    assert.deepEqual(await roamingOn(), ['first', 'second', 'third'], 'pods are spread');
  });

  it('carries packets between pods of different nodes under their own addresses', async () => {
    const [first, second, third] = await cluster.podsByNode('web', 'first', 'second', 'third');
    await Promise.all(([[first, second], [second, third], [third, first]] as const).map(async ([from, to]) => assert.equal(await cluster.ask(from.name, `http://${to.ip}/cgi-bin/who`), `${to.name} ${from.ip}`)));
  });

  it('has Services, their names and the API on every node', async () => {
    const pods = await cluster.podsByNode('web', 'first', 'second', 'third');
    await Promise.all(pods.map(async ({ name, node }) => {
      const answers = await cluster.shell(name, 'for turn in $(seq 30); do curl -sS -m 5 http://web.default.svc.cluster.local/cgi-bin/who; done; nc -w 5 -z kubernetes.default.svc.cluster.local 443 && echo API');
      assert.deepEqual([...new Set(answers.trim().split('\n').map((line) => line.split(' ')[0]))].sort(), ['API', ...pods.map((pod) => pod.name)].sort(), `asked from ${node}`);
      const outside = await cluster.machines.on('outside', [process.execPath, '-e', `fetch('http://${addresses[node]}:30080/cgi-bin/who').then((answer) => answer.text()).then(console.log)`]);
      assert.match(outside, /^web-/, `the node port of ${node}`);
      const health = await cluster.machines.on('outside', [process.execPath, '-e', `fetch('http://${addresses[node]}:10256/healthz').then((answer) => console.log(answer.status))`]);
      assert.equal(health.trim(), '200', `the service proxy of ${node}`);
    }));
  });

  it('keeps network policies on every node', async () => {
    const [first, third] = await cluster.podsByNode('web', 'first', 'third');
    const isReached = (): Promise<boolean> => cluster.ask(first.name, `http://${third.ip}/cgi-bin/who`, 1).then(() => true, () => false);
    await cluster.apply({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'deny' }, spec: { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] } });
    await eventually('the pod of another node is out of reach', 30_000, async () => (await isReached() ? undefined : true));
    await cluster.kubectl('delete networkpolicy deny');
    await eventually('it is within reach again', 30_000, async () => (await isReached() ? true : undefined));
  });

  it('is drained node by node, as far as disruption budgets allow', async () => {
    await assert.rejects(cluster.kubectl('drain second --ignore-daemonsets --timeout=1s'), /Cannot evict pod as it would violate the pod's disruption budget/);
    assert.deepEqual(await roamingOn(), ['first', 'second', 'third']);
    await cluster.apply(budget(2));
    await cluster.kubectl('drain second --ignore-daemonsets --timeout=120s');
    const [daemon] = await cluster.podsByNode('web', 'second');
    assert.match(daemon.name, /^web-/, 'pods of DaemonSets stay');
    assert.deepEqual((await roamingOn()).filter((node) => node === 'second'), []);
    await cluster.kubectl('uncordon second');
    await cluster.kubectl('rollout status deployment/roaming --timeout=120s');
    assert.deepEqual(await roamingOn(), ['first', 'second', 'third'], 'what found no room meanwhile runs there again');
  });

  it('goes on when a node is lost, and with another in its place', async () => {
    const [lost] = await cluster.podsByNode('web', 'third');
    await cluster.lose('third');
    await cluster.kubectl('wait --for=condition=Ready=Unknown node/third --timeout=60s');
    await eventually('the Service leads there no more', 30_000, async () => ((await cluster.kubectl('get endpointslices -l kubernetes.io/service-name=web -o jsonpath={.items[*].endpoints[?(@.conditions.ready==true)].addresses[*]}')).includes(lost.ip) ? undefined : true));
    // Where it may run until the node is gone is there: they are spread, and a node that says nothing still counts.
    await eventually('its pods are evicted', 60_000, async () => ((await roamingOn()).join() === 'first,second' ? true : undefined));
    await cluster.kubectl('delete node third');
    await eventually('pods of the lost node run elsewhere', 60_000, async () => ((await roamingOn()).join() === 'first,first,second' || (await roamingOn()).join() === 'first,second,second' ? true : undefined));

    await cluster.join('fourth');
    await cluster.kubectl('wait --for=condition=Ready node/fourth --timeout=60s');
    await cluster.kubectl('rollout status daemonset/web --timeout=60s');
    const [first, fourth] = await cluster.podsByNode('web', 'first', 'fourth');
    assert.equal(await cluster.ask(first.name, `http://${fourth.ip}/cgi-bin/who`), `${fourth.name} ${first.ip}`);
    const routes = await cluster.machines.ip('first', 'route show proto 222');
    assert.match(routes, new RegExp(` via ${addresses.fourth.replaceAll('.', '\\.')} `));
    assert.doesNotMatch(routes, new RegExp(` via ${addresses.third.replaceAll('.', '\\.')} `));
  });
});
