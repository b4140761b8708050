import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { program } from '../cli/program.ts';
import { eventually } from '../e2e/running-cluster.ts';
import { withoutNamespaces } from './lab.ts';
import { Machines } from './machines.ts';

if (withoutNamespaces !== false) console.log(`# machines that join are not tried: ${withoutNamespaces}`);

const folder = mkdtempSync(join(tmpdir(), 'coxswain-join-'));
const env = { ...process.env, HOME: folder, NO_COLOR: '1', NODE_DISABLE_COMPILE_CACHE: '1' };
const coxswain = (...args: string[]): string[] => [process.execPath, '--disable-warning=ExperimentalWarning', program, ...args];
const dataDir = (machine: string): string => join(folder, machine);

/** Machines of one link; what runs on them is simulated, the API between them is not. */
describe('machines that join a cluster', { skip: withoutNamespaces, timeout: 300_000 }, () => {
  const lab = new Machines();
  const kubectl = (line: string): Promise<string> => lab.on('first', [...coxswain('kubectl', '--kubeconfig', join(dataDir('first'), 'admin.kubeconfig')), ...line.split(' ')]);
  let invitation: readonly string[];
  before(async () => {
    await lab.plugTogether({ first: '192.168.8.1/24', second: '192.168.8.2/24' }, '192.168.8.254');
    await lab.start('first', coxswain('up', '--runtime', 'simulated', '--nodes', '0', '--bind-address', '0.0.0.0', '--data-dir', dataDir('first')), 'Ctrl-C stops it.', env);
    const line = (await lab.on('first', coxswain('token', 'create', '--print-join-command', '--ttl', '1h', '--data-dir', dataDir('first')))).trim();
    assert.match(line, /^coxswain join 192\.168\.8\.1:6443 --token [a-z0-9]{6}\.[a-z0-9]{16} --discovery-token-ca-cert-hash sha256:[0-9a-f]{64}$/);
    invitation = line.split(' ').slice(1);
  });
  after(async () => {
    await lab[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const joining = (args: readonly string[]): string[] => coxswain(...args, '--runtime', 'simulated', '--node-name', 'second', '--data-dir', dataDir('second'));

  it('refuses a cluster whose authority is not the one that was told, and tokens that nobody made', async () => {
    const altered = (index: number, change: (text: string) => string): string[] => invitation.map((word, at) => (at === index ? change(word) : word));
    await assert.rejects(lab.on('second', joining(altered(5, (hash) => hash.replace(/.$/, (last) => (last === '0' ? '1' : '0'))))), /cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "sha256:[0-9a-f]+" are pinned/);
    await assert.rejects(lab.on('second', joining(altered(3, (token) => token.replace(/.$/, (last) => (last === '0' ? '1' : '0'))))), /failed to verify JWS signature of received cluster info object, can't trust this API Server/);
    await assert.rejects(lab.on('second', joining(['join', '192.168.8.1:6443', '--token', 'abcdef.0123456789abcdef'])), /--discovery-token-ca-cert-hash is missing/);
    await assert.rejects(lab.on('second', joining(['join'])), /this machine has not joined a cluster yet/);
  });

  it('become nodes of it, whose pods run, and whose kubelets the API server reaches', async () => {
    const node = await lab.start('second', joining(invitation), 'node', env);
    await eventually('the node is ready', 60_000, async () => (/^second +Ready /m.test(await kubectl('get nodes')) ? true : undefined));
    await kubectl('run web --image=nginx');
    await eventually('the pod runs', 60_000, async () => (/^web +1\/1 +Running .* second /m.test(await kubectl('get pods -o wide')) ? true : undefined));
    await eventually('its log is read over the network', 60_000, async () => kubectl('logs web').then(() => true, () => undefined));
    assert.match(await kubectl('get csr'), /kubernetes\.io\/kubelet-serving +system:node:second .*Approved,Issued/);
    assert.match(await kubectl('get csr'), /kubernetes\.io\/kube-apiserver-client-kubelet +system:bootstrap:[a-z0-9]{6} .*Approved,Issued/);
    assert.match(await kubectl('get endpointslices kubernetes'), /192\.168\.8\.1/);
    assert.doesNotMatch(readFileSync(join(dataDir('second'), 'kubelet.kubeconfig'), 'utf8'), /PRIVATE KEY|token/);

    // Without a token: it is known now.
    await node.stop();
    await lab.start('second', joining(['join']), 'node', env);
    await eventually('its log is read again', 60_000, async () => kubectl('logs web').then(() => true, () => undefined));
    assert.equal((await kubectl('get csr -o name')).trim().split('\n').length, 2, 'it goes on with the certificates that it has');
  });

  it('cannot join any more when the token is deleted', async () => {
    const [id = ''] = invitation[3]!.split('.');
    assert.match(await lab.on('first', coxswain('token', 'list', '--data-dir', dataDir('first'))), new RegExp(`^${id}\\.\\w+ +\\S+Z +authentication,signing +<none> +system:bootstrappers:kubeadm:default-node-token$`, 'm'));
    await lab.on('first', coxswain('token', 'delete', id, '--data-dir', dataDir('first')));
    await eventually('the signature is gone', 30_000, async () => ((await kubectl('get configmap cluster-info -n kube-public -o yaml')).includes('jws-kubeconfig') ? undefined : true));
  });
});
