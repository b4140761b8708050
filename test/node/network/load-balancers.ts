import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ingresses, nodes, services } from '../../../src/api/resources.ts';
import type { Service } from '../../../src/api/types/core/v1.ts';
import { run, runOk } from '../../e2e/command.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { loadBalancerPool } from '../pods/real-cluster.ts';
import { Scene } from './scene.ts';

const outside = `cox-outside-${process.pid}`;
const link = 'lbtest0';
const [here, there] = ['198.51.100.1', '198.51.100.2'];

const asks = `
const [host, path, name] = process.argv.slice(1);
const request = require('node:http').get({ host, path, headers: { host: name }, agent: false, timeout: 3000 }, (response) => {
  let text = '';
  response.on('data', (data) => { text += data; }).on('end', () => { process.stdout.write(response.statusCode + ' ' + text); });
});
request.on('timeout', () => request.destroy(new Error('timeout')));
request.on('error', (error) => { process.stdout.write('error ' + error.message); });`;

/** Services of type LoadBalancer and Ingresses, as a machine beside the node reaches them: it shares a link with it, and knows no route. */
export function loadBalancerScenarios(cluster: () => RealCluster): void {
  before(async () => {
    // What a run that was killed has left has the same addresses.
    await run('ip', ['link', 'delete', link]);
    await runOk('ip', ['netns', 'add', outside]);
    await runOk('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside]);
    await runOk('ip', ['addr', 'add', `${here}/24`, 'dev', link]);
    await runOk('ip', ['link', 'set', link, 'up']);
    await runOk('ip', ['-n', outside, 'addr', 'add', `${there}/24`, 'dev', 'eth0']);
    await runOk('ip', ['-n', outside, 'link', 'set', 'eth0', 'up']);
  });
  after(async () => {
    await run('ip', ['netns', 'delete', outside]);
    await run('ip', ['link', 'delete', link]);
  });

  const ask = async (from: 'here' | 'outside', address: string, path: string, name = address): Promise<string> => {
    const command = [process.execPath, '-e', asks, address, path, name];
    return runOk(from === 'here' ? command[0]! : 'ip', from === 'here' ? command.slice(1) : ['netns', 'exec', outside, ...command]);
  };
  const answers = (from: 'here' | 'outside', address: string, path: string, expected: RegExp, name?: string): Promise<string> => {
    let last = '';
    return cluster().until(`${path} of ${name ?? address} from ${from}`, async () => expected.test(last = await ask(from, address, path, name)) && last).catch((error: unknown) => { throw new Error(`${(error as Error).message}: ${last}`, { cause: error }); });
  };
  const addressOf = (scene: Scene, name: string): Promise<string> => cluster().until(`an address of ${name}`, async () => {
    const service: Service = await cluster().client.get(services, { namespace: scene.namespace, name });
    return service.status?.loadBalancer?.ingress?.[0]?.ip;
  });

  test('a Service of type LoadBalancer is reached by its address, from the node and from another machine on its link', async () => {
    const scene = await Scene.start(cluster(), 'balanced');
    await scene.agnhost('web', ['netexec', '--http-port=9376'], { labels: { app: 'web' } });
    await scene.service('web', { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80, protocol: 'TCP', targetPort: 9376 }] });
    const address = await addressOf(scene, 'web');
    assert.ok(address.startsWith('198.51.100.24'), `${address} is of ${loadBalancerPool}`);
    await answers('here', address, '/hostname', /^200 web$/);
    await answers('outside', address, '/hostname', /^200 web$/);
    await answers('outside', address, '/clientip', /^200 10\.244\.0\.1:/);
    await scene.change('web', () => ({ externalTrafficPolicy: 'Local' }));
    await answers('outside', address, '/clientip', new RegExp(`^200 ${there.replaceAll('.', '\\.')}:`));
    await cluster().client.delete(services, { namespace: scene.namespace, name: 'web' });
    await answers('outside', address, '/hostname', /^error/);
  });

  test('an Ingress is served at the address that its status says, to clients whose own address the backend learns', async () => {
    const scene = await Scene.start(cluster(), 'ingress');
    await scene.agnhost('web', ['netexec', '--http-port=9376'], { labels: { app: 'web' } });
    await scene.service('web', { selector: { app: 'web' }, ports: [{ port: 80, protocol: 'TCP', targetPort: 9376 }] });
    const { client } = cluster();
    const ingress = await client.create(ingresses, {
      apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { namespace: scene.namespace, name: 'web' },
      spec: { rules: [{ host: 'web.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] } }] },
    });
    assert.equal(ingress.spec?.ingressClassName, 'coxswain');
    const address = await cluster().until('an address of the Ingress', async () => (await client.get(ingresses, { namespace: scene.namespace, name: 'web' })).status?.loadBalancer?.ingress?.[0]?.ip);
    await answers('outside', address, '/hostname', /^200 web$/, 'web.example');
    await answers('outside', address, '/header?key=X-Forwarded-For', new RegExp(`^200 ${there.replaceAll('.', '\\.')}$`), 'web.example');
    await answers('outside', address, '/', /^404 default backend - 404$/, 'other.example');
    await answers('here', address, '/hostname', /^200 web$/, 'web.example');
    assert.equal((await client.get(nodes, { name: 'node-1' })).metadata.annotations?.['coxswain.io/announces-load-balancers'], 'true');
  });
}
