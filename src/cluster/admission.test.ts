import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RealClock } from '../base/real-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { standardAccess } from '../apiserver/authorization/access.ts';
import { LoopbackServer, loopbackClient } from '../apiserver/testing/loopback-server.ts';
import { TestServer } from '../apiserver/testing/server.ts';
import { createMemoryPki } from '../pki/pki.ts';
import { openAdmission } from './admission.ts';

const parts = { clock: new RealClock(), random: new SeededRandom(1) };

async function folder(files: Readonly<Record<string, string>>): Promise<AsyncDisposable & { readonly path: (name: string) => string }> {
  const root = await mkdtemp(join(tmpdir(), 'admission-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return { path: (name) => join(root, name), [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

test('flags and the configuration file, with files that it names, are read', async () => {
  await using files = await folder({
    'admission.yaml': `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: { enforce: baseline }
- name: EventRateLimit
  path: more/events.yaml
`,
    'more/events.yaml': 'apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits: [{ type: Server, qps: 1, burst: 1 }]\n',
  });
  const { admission } = await openAdmission({ ...parts, enableAdmissionPlugins: 'EventRateLimit,AlwaysPullImages', disableAdmissionPlugins: 'LimitRanger', admissionControlConfigFile: files.path('admission.yaml'), defaultNotReadyTolerationSeconds: 5 });
  assert.deepEqual(admission.enabled, ['EventRateLimit', 'AlwaysPullImages']);
  assert.deepEqual(admission.disabled, ['LimitRanger']);
  assert.deepEqual(admission.tolerationSeconds, { notReady: 5, unreachable: 300 });
  assert.deepEqual([...admission.configuration!.keys()], ['PodSecurity', 'EventRateLimit']);
  assert.deepEqual((admission.configuration!.get('EventRateLimit')!.value as { limits: unknown }).limits, [{ type: 'Server', qps: 1, burst: 1 }]);
});

test('the two plug-ins that had files of their own are still configured by them', async () => {
  await using files = await folder({ 'old.json': JSON.stringify({ imagePolicy: { kubeConfigFile: '/k' }, podNodeSelectorPluginConfig: { ns: 'a=b' } }) });
  const { admission } = await openAdmission({ ...parts, admissionControlConfigFile: files.path('old.json') });
  assert.deepEqual([...admission.configuration!.keys()], ['ImagePolicyWebhook', 'PodNodeSelector']);
});

test('a file that is no configuration is refused in one line that names it', async () => {
  const cases: readonly [string, RegExp][] = [
    ['kind: Pod\napiVersion: v1\n', /: wants apiserver\.config\.k8s\.io\/v1 AdmissionConfiguration, not v1 Pod$/],
    ['apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: [{ nam: x }]\n', /: strict decoding error: unknown field "plugins\[0\]\.nam"$/],
    ['apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: [{ name: PodSecurity, path: missing.yaml }]\n', /missing\.yaml: ENOENT/],
    ['a: [', /admission-control-config-file .*bad\.yaml: /],
  ];
  for (const [content, message] of cases) {
    await using files = await folder({ 'bad.yaml': content });
    await assert.rejects(openAdmission({ ...parts, admissionControlConfigFile: files.path('bad.yaml') }), (error: Error) => message.test(error.message) && !error.message.includes('\n'));
  }
  await assert.rejects(openAdmission({ ...parts, admissionControlConfigFile: '/no/such/file' }), { message: /--admission-control-config-file \/no\/such\/file: ENOENT/ });
});

test('image policy webhooks are asked over HTTP', async () => {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); }).on('end', () => {
      asked.push([request.url, JSON.parse(body)]);
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ apiVersion: 'imagepolicy.k8s.io/v1alpha1', kind: 'ImageReview', status: { allowed: false, reason: 'no' } }));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    await using files = await folder({ 'kubeconfig': `
apiVersion: v1
kind: Config
current-context: c
contexts: [{ name: c, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: 'http://127.0.0.1:${(server.address() as AddressInfo).port}/policy' } }]
users: [{ name: u, user: {} }]
` });
    const { imageReviewer } = await openAdmission(parts);
    const review = { apiVersion: 'imagepolicy.k8s.io/v1alpha1', kind: 'ImageReview', spec: { containers: [{ image: 'x' }], namespace: 'ns' } };
    assert.deepEqual(await imageReviewer(files.path('kubeconfig'), review), { allowed: false, reason: 'no' });
    assert.deepEqual(asked, [['/policy', review]]);
  } finally {
    server.close();
  }
});

test('webhooks are shown the user that the kubeconfig has for their address: its token, its certificate', async () => {
  await using hook = await LoopbackServer.start(({ body }) => ({ body: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: (body as { request: { uid: string } }).request.uid, allowed: true } } }));
  const client = await loopbackClient('the api server');
  const data = (pem: string): string => Buffer.from(pem).toString('base64');
  await using files = await folder({
    'token': 'secret\n',
    'kubeconfig': JSON.stringify({ users: [{ name: new URL(hook.url).host, user: { tokenFile: 'token', 'client-certificate-data': data(client.certificate), 'client-key-data': data(client.key) } }, { name: '*', user: { username: 'a', password: 'b' } }] }),
  });
  const plugin = (name: string, kubeConfigFile: string): object => ({ name, configuration: { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'WebhookAdmissionConfiguration', kubeConfigFile } });
  const write = (...plugins: object[]): Promise<void> => writeFile(files.path('admission.yaml'), JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration', plugins }));
  await write(plugin('ValidatingAdmissionWebhook', files.path('kubeconfig')));
  const { admission } = await openAdmission({ ...parts, admissionControlConfigFile: files.path('admission.yaml') });
  assert.deepEqual(admission.kubeconfigs!.get(files.path('kubeconfig'))!('hook.ns.svc:443'), { headers: { authorization: 'Basic YTpi' } });

  const pki = await createMemoryPki({ clock: new RealClock(), apiServerNames: [] });
  await using api = await TestServer.start({ clock: new RealClock(), ...standardAccess({ pki, admission }) });
  const webhooks = (name: string): object => ({ metadata: { name }, webhooks: [{ name: `${name}.example.com`, clientConfig: { url: hook.url, caBundle: data(hook.ca) }, rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['namespaces'], operations: ['CREATE'] }], sideEffects: 'None', admissionReviewVersions: ['v1'] }] });
  await api.create('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', webhooks('validating'));
  await api.create('/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', webhooks('mutating'));
  await api.create('/api/v1/namespaces', { metadata: { name: 'a' } });
  assert.deepEqual(hook.requests.map(({ headers, clientName }) => [headers['authorization'], clientName]), [[undefined, undefined], ['Bearer secret', 'the api server']]);

  await write(plugin('MutatingAdmissionWebhook', 'kubeconfig'));
  await assert.rejects(openAdmission({ ...parts, admissionControlConfigFile: files.path('admission.yaml') }), { message: /plug-in MutatingAdmissionWebhook: kubeConfigFile: Invalid value: "kubeconfig": must be an absolute file path$/ });
  await writeFile(files.path('kubeconfig'), JSON.stringify({ users: [{ name: '*', user: { exec: {} } }] }));
  await write(plugin('MutatingAdmissionWebhook', files.path('kubeconfig')));
  await assert.rejects(openAdmission({ ...parts, admissionControlConfigFile: files.path('admission.yaml') }), { message: /kubeconfig: not supported: exec credential plugins$/ });
});
