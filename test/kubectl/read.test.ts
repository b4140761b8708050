import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { toGoJson } from '../../src/kubectl/printers/go-json.ts';
import { describeSame } from './compare.ts';

const pods = `
apiVersion: v1
kind: Pod
metadata: {name: two, labels: {app: two}}
spec:
  initContainers: [{name: setup, image: busybox, command: [echo, set up]}]
  containers: [{name: a, image: busybox, command: [sh, -c, "echo one; echo two; sleep 3600"]}, {name: b, image: busybox, command: [sh, -c, "echo b; sleep 3600"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: preset, annotations: {kubectl.kubernetes.io/default-container: b}, labels: {app: preset}}
spec: {containers: [{name: a, image: busybox, command: [sleep, "3600"]}, {name: b, image: busybox, command: [sh, -c, "echo b; sleep 3600"]}]}
`;

const kubeconfig = `# mine
apiVersion: v1
kind: Config
current-context: one
contexts:
- name: one
  context: {cluster: c1, user: u1, namespace: n1}
- name: two
  context: {cluster: c2, user: u2}
clusters:
- name: c1
  cluster: {server: "https://one.example", certificate-authority: ca.crt}
- name: c2
  cluster: {server: "https://two.example", certificate-authority-data: YWJj}
users:
- name: u1
  user: {token: secret}
- name: u2
  user: {client-certificate-data: YWJj, client-key-data: YWJj, username: a, password: b}
`;

/**
 * Lines whose output, errors and exit code are upstream's, byte for byte but for ages. Not among them: lists of events of one
 * second, whose order upstream leaves to chance, and mistakes that it answers with its help, whose words are its own.
 */
const lines = [
  'logs two', 'logs two -c b', 'logs two b', 'logs two -c nope', 'logs two --all-containers --prefix -c a', 'logs preset', 'logs nope', 'logs', 'logs two b c', 'logs two -l app=two', 'logs -l app=none', 'logs two --tail=1', 'logs two --tail=-2', 'logs two --since=1h', 'logs two --since=-1h', 'logs two --since=x', 'logs two --since-time=x', 'logs two --since-time=2020-01-01T00:00:00Z --since=1s', 'logs two --limit-bytes=3', 'logs two --limit-bytes=-3',
  'logs deploy/web', 'logs deployment/web --prefix', 'logs cm/kube-root-ca.crt', 'logs svc/kubernetes', 'logs nope/two', 'logs two -p', 'logs two -c a b', 'logs -l app=two -c a --prefix', 'logs pod/two pod/preset', 'logs two --max-log-requests=x',
  'api-resources', 'api-resources -o wide', 'api-resources -o name', 'api-resources -o yaml', 'api-resources -o json', 'api-resources -o bad', 'api-resources --namespaced=false', 'api-resources --api-group=apps', 'api-resources --api-group=', 'api-resources --verbs=list,get --sort-by=name', 'api-resources --sort-by=kind --no-headers', 'api-resources --sort-by=x', 'api-resources --categories=all', 'api-resources x', 'api-resources --cached --api-group=batch', 'api-versions', 'api-versions x',
  'cluster-info', 'cluster-info -n default',
  'events --for pod/nope', 'events --for pod', 'events --for nope/x', 'events --types=Bad', 'events -n kube-public', 'events -o bad',
  'config view', 'config view --raw', 'config view --minify', 'config view -o json', 'config view --minify --context=two', 'config view --context=nope --minify', 'config view x', 'config view -o \'jsonpath={.contexts[*].name}\'', 'config view --merge=false', 'config view --flatten --minify --context=two', 'config view -o name',
  'config current-context', 'config get-contexts', 'config get-contexts -o name', 'config get-contexts two', 'config get-contexts nope', 'config get-contexts --no-headers', 'config get-contexts -o yaml', 'config get-users', 'config use-context nope', 'config use nope', 'config rename-context nope x', 'config rename-context one two', 'config delete-context nope', 'config delete-cluster nope', 'config delete-user', 'config delete-user nope',
  'config set-context', 'config set-context a --current', 'config set-cluster x --embed-certs', 'config set-cluster x --embed-certs --certificate-authority=nope', 'config set-cluster x --insecure-skip-tls-verify --certificate-authority=y', 'config set-credentials x --token=a --username=b', 'config set-credentials x --embed-certs', 'config set-credentials x --exec-command=a --exec-interactive-mode=Bad',
  'config set nope x', 'config unset nope', 'config unset contexts.nope.namespace', 'config set clusters.c1.insecure-skip-tls-verify x', 'config nope',
] as const;

/** Each runs with both on a configuration of its own; then what both files say has to be the same. */
const writes = [
  'config use-context two', 'config set-context --current --namespace=team', 'config set-context three --cluster=c1 --user=u2', 'config set-cluster c3 --server=https://three.example', 'config set-cluster c1 --insecure-skip-tls-verify', 'config set-cluster c1 --server=https://x --tls-server-name=y', 'config set-cluster c2 --certificate-authority=ca.crt --embed-certs', 'config set-credentials u1 --username=x --password=y', 'config set-credentials u2 --token=t',
  'config set-credentials u3 --client-certificate=ca.crt --client-key=ca.crt', 'config set-credentials u3 --exec-command=/bin/x --exec-api-version=client.authentication.k8s.io/v1 --exec-arg=a,b --exec-env=K=V', 'config rename-context one uno', 'config delete-context one', 'config delete-context two', 'config delete-cluster c1', 'config delete-user u1', 'config set contexts.one.namespace z', 'config set current-context two', 'config set clusters.c1.insecure-skip-tls-verify true', 'config set clusters.my.dotted.name.server https://x',
  'config set users.u1.client-key-data YWJj', 'config set users.u1.client-key-data abc --set-raw-bytes', 'config unset contexts.one.namespace', 'config unset current-context', 'config unset contexts.two', 'config unset users.u1.token',
] as const;

describeSame('kubectl\'s commands that read, beside upstream\'s', {
  name: 'read',
  lines: [
    ...lines.map((line) => ({ title: line, line: line.startsWith('config ') && !line.includes('merge=false') ? `${line} --kubeconfig=config` : line })),
    // Events of one second stand in any order.
    { line: 'events --for pod/two', anyOrder: true },
  ],
  async setUp(comparison) {
    await comparison.prepare('create deployment web --image=nginx --replicas=2');
    await comparison.prepare('apply -f -', pods);
    await comparison.prepare('rollout status deployment web');
    await comparison.prepare('wait --for=condition=Ready pod --all --timeout=30s');
    comparison.files({ 'ca.crt': 'certificate', config: kubeconfig });
  },
  more(comparisonOf) {
    for (const line of writes) {
      test(`${line}, and what it writes`, async () => {
        const comparison = comparisonOf();
        const [original, changed] = ['config', 'changed'].map((name) => join(comparison.folder, name));
        await comparison.sameOutcome(`${line}, and what it writes`, async (run) => {
          copyFileSync(original!, changed!);
          const { code, stdout, stderr } = await run(`${line} --kubeconfig=changed`);
          // What both files say, however they are written.
          const config = parse(readFileSync(changed!, 'utf8')) as Record<'clusters' | 'contexts' | 'users', { readonly name: string }[]>;
          for (const list of [config.clusters, config.contexts, config.users]) list.sort((a, b) => (a.name < b.name ? -1 : 1));
          return { code, stderr, stdout: `${stdout}${toGoJson(config)}` };
        });
      });
    }
  },
});
