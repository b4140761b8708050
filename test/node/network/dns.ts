import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods, services } from '../../../src/api/resources.ts';
import type { Container, Pod, PodSpec } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { agnhost } from '../pods/real-cluster.ts';
import { Scene } from './scene.ts';

const domain = 'cluster.local';
const glibc = 'registry.k8s.io/e2e-test-images/glibc-dns-testing:2.0.0';
const probers = [['agnhost', agnhost], ['jessie', glibc]] as const;
const [hostName, serviceName] = ['dns-querier-1', 'dns-test-service'];

interface Probe { readonly command: string; readonly files: readonly string[] }
interface Wanted { readonly names?: readonly string[]; readonly hosts?: readonly string[]; readonly reverse?: string }

/** A line of shell that asks for all of it by UDP and by TCP, and leaves a file for each answer. What has been answered is not asked again. */
function probe(prefix: string, { names = [], hosts = [], reverse }: Wanted): Probe {
  const files: string[] = [];
  const found = (file: string, output: string): string => {
    files.push(file);
    return `test -e /results/${file} || { check="${output}" && test -n "$$check" && echo OK > /results/${file}; };`;
  };
  const lookUp = (what: string, file: string): string => ['udp', 'tcp'].map((how) => found(`${file.replace('%', how)}`, `$$(dig ${how === 'udp' ? '+notcp' : '+tcp'} +noall +answer +search ${what})`)).join('');
  const lines = [
    ...names.map((name) => lookUp(name.startsWith('_') ? `${name} SRV` : `${name} A`, `${prefix}_%@${name}`)),
    ...hosts.map((name) => found(`${prefix}_hosts@${name}`, `$$(getent hosts ${name})`)),
    ...(reverse === undefined ? [] : [lookUp(`${reverse.split('.').reverse().join('.')}.in-addr.arpa. PTR`, `${reverse}_%@PTR`)]),
  ];
  return { command: `for i in \`seq 1 600\`; do ${lines.join('')}sleep 1; done`, files };
}

/** A web server beside two that ask, with different resolvers. */
function querier(namespace: string, name: string, probes: readonly Probe[], spec: Partial<PodSpec> = {}, labels: Record<string, string> = {}): Pod {
  const volumeMounts = [{ name: 'results', mountPath: '/results' }];
  const containers: Container[] = [
    { name: 'webserver', image: agnhost, args: ['test-webserver'], volumeMounts },
    ...probers.map(([prober, image], index) => ({ name: `${prober}-querier`, image, command: ['sh', '-c', probes[index]?.command ?? ''], volumeMounts })),
  ];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec: { terminationGracePeriodSeconds: 1, containers, volumes: [{ name: 'results', emptyDir: {} }], hostname: hostName, subdomain: serviceName, ...spec } };
}

/** Names of Services and pods as resolvers in pods find them. */
export function dnsScenarios(cluster: () => RealCluster): void {
  /** Runs the pod until its files say what is expected. */
  const validate = async (pod: Pod, probes: readonly Probe[], holds: (text: string) => boolean = (text) => text.trim() === 'OK'): Promise<void> => {
    await cluster().running(pod);
    const { name, namespace } = pod.metadata;
    for (const file of probes.flatMap(({ files }) => files)) {
      let last = '';
      await cluster().until(`${file} of ${name}`, async () => {
        const { status, text } = await cluster().http('GET', `/api/v1/namespaces/${namespace}/pods/${name}/proxy/results/${file}`);
        last = `${status} ${text}`;
        return status === 200 && holds(text);
      }).catch((error: unknown) => { throw new Error(`${(error as Error).message}: ${last}`, { cause: error }); });
    }
    await cluster().client.delete(pods, { namespace: namespace!, name: name! }, { gracePeriodSeconds: 0 });
  };
  const both = (wanted: Wanted): Probe[] => probers.map(([prefix]) => probe(prefix, wanted));
  const headless = (scene: Scene, name: string, selector: Record<string, string>) => scene.service(name, { clusterIP: 'None', selector, ports: [{ port: 80, name: 'http', protocol: 'TCP' }] });

  test('[sig-network] DNS should provide DNS for the cluster [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'dns-cluster');
    const probes = both({ names: [`kubernetes.default.svc.${domain}`] });
    await validate(querier(scene.namespace, 'dns-test', probes), probes);
  });

  test('[sig-network] DNS should provide /etc/hosts entries for the cluster [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'dns-hosts');
    const probes = both({ hosts: [`${hostName}.${serviceName}.${scene.namespace}.svc.${domain}`, hostName] });
    await validate(querier(scene.namespace, 'dns-test', probes), probes);
  });

  const selector = { 'dns-test': 'true' };
  for (const partial of [false, true]) {
    test(partial ? '[sig-network] DNS should resolve DNS of partial qualified names for services [LinuxOnly] [Conformance]' : '[sig-network] DNS should provide DNS for services [Conformance]', async () => {
      const scene = await Scene.start(cluster(), partial ? 'dns-partial' : 'dns-services');
      const ns = scene.namespace;
      await headless(scene, serviceName, selector);
      const { spec } = await scene.service('test-service-2', { selector, ports: [{ port: 80, name: 'http', protocol: 'TCP' }] });
      const names = partial
        ? [serviceName, `${serviceName}.${ns}`, `${serviceName}.${ns}.svc`, `_http._tcp.${serviceName}.${ns}.svc`, `_http._tcp.test-service-2.${ns}.svc`]
        : [`${serviceName}.${ns}.svc.${domain}`, `_http._tcp.${serviceName}.${ns}.svc.${domain}`, `_http._tcp.test-service-2.${ns}.svc.${domain}`];
      const probes = both({ names, reverse: spec!.clusterIP! });
      await validate(querier(ns, 'dns-test', probes, {}, selector), probes);
    });
  }

  for (const [title, kind] of [['should provide DNS for pods for Hostname', 'hostname'], ['should provide DNS for pods for Subdomain', 'subdomain']] as const) {
    test(`[sig-network] DNS ${title} [Conformance]`, async () => {
      const scene = await Scene.start(cluster(), `dns-${kind}`);
      const labels = { 'dns-test-hostname-attribute': 'true' };
      await headless(scene, 'dns-test-service-2', labels);
      const subdomain = `dns-test-service-2.${scene.namespace}.svc.${domain}`;
      const full = `dns-querier-2.${subdomain}`;
      const probes = both(kind === 'hostname' ? { hosts: [full, 'dns-querier-2'] } : { names: [full, subdomain] });
      await validate(querier(scene.namespace, 'dns-test', probes, { hostname: 'dns-querier-2', subdomain: 'dns-test-service-2' }, labels), probes);
    });
  }

  test('[sig-network] DNS should provide DNS for ExternalName services [Conformance]', async () => {
    const scene = await Scene.start(cluster(), 'dns-external');
    const name = 'dns-test-service-3';
    await scene.service(name, { type: 'ExternalName', externalName: 'foo.example.com' });
    const says = async (podName: string, record: string, expected: string): Promise<void> => {
      const full = `${name}.${scene.namespace}.svc.${domain}`;
      const probes = probers.map(([prefix]) => ({ command: `for i in \`seq 1 30\`; do dig +short ${full} ${record} > /results/${prefix}_udp@${full}; sleep 1; done`, files: [`${prefix}_udp@${full}`] }));
      await validate(querier(scene.namespace, podName, probes), probes, (text) => text.trim() === expected);
    };
    await says('dns-test-1', 'CNAME', 'foo.example.com.');
    await scene.change(name, () => ({ externalName: 'bar.example.com' }));
    await says('dns-test-2', 'CNAME', 'bar.example.com.');
    await scene.change(name, () => ({ type: 'ClusterIP', ports: [{ port: 80, name: 'http', protocol: 'TCP' }] }));
    const { spec } = await cluster().client.get(services, { namespace: scene.namespace, name });
    assert.match(spec?.clusterIP ?? '', /^10\.96\./);
    await says('dns-test-3', 'A', spec!.clusterIP!);
  });
}
