import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describeSame } from './compare.ts';

const pods = `
apiVersion: v1
kind: Pod
metadata: {name: two}
spec: {containers: [{name: a, image: busybox, command: [sleep, "3600"]}, {name: b, image: busybox, command: [sleep, "3600"]}]}
`;

const applied = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1", b: "2"}
---
apiVersion: v1
kind: Secret
metadata: {name: hidden}
data: {a: "Mg==", d: "Mw==", k: "Mw=="}
`;

const changed = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "2", c: "3"}
---
apiVersion: v1
kind: Secret
metadata: {name: hidden}
stringData: {a: "2", c: "3"}
`;

const lines = [
  'diff', 'diff x', 'diff -f nope.yaml', 'diff --nope', 'diff -f applied.yaml', 'diff -f changed.yaml', 'diff -f changed.yaml --show-secrets', 'diff -f changed.yaml --server-side', 'diff -f changed.yaml --server-side --force-conflicts', 'diff -f changed.yaml --force-conflicts', 'diff -f changed.yaml -l a=b', 'diff -f changed.yaml -n nope', 'diff -k x -f y',
  'attach', 'attach a b c', 'attach nope', 'attach two -c nope', 'attach cm/kube-root-ca.crt', 'attach two --pod-running-timeout=0s',
  'cp', 'cp a', 'cp a b', 'cp :a b', 'cp a/b/c:d e', 'cp x:y z:w', 'cp x: y', 'cp nope.txt two:/tmp/x', 'cp changed.yaml nopod:/tmp/x', 'cp nopod:/x y', 'cp changed.yaml two:/tmp/x -c nope', 'cp changed.yaml two:/tmp/x', 'cp two:/tmp/x y', 'cp two:/tmp/x y -c b', 'cp changed.yaml nope/two:/tmp/x',
  'completion', 'completion a b', 'completion nope', '__complete ge', '__complete get po', '__complete get pods ""', '__complete logs tw', '__complete logs two ""', '__complete exec two -c ""', '__complete get pods -n kube-s', '__complete get deploy/', '__complete rollout ""', '__complete rollout status ""', '__complete rollout status deploy', '__complete cordon ""', '__complete config use-context ""', '__complete exec two -c ', '__completeNoDesc rol', '__complete delete pod two do', '__complete get pods --namespace=kube-', '__complete get ""',
  'foo-bar x', 'gett',
] as const;

describeSame('kubectl diff, attach, cp and completion, beside upstream\'s', {
  name: 'tools',
  lines,
  async setUp(comparison) {
    comparison.files({ 'applied.yaml': applied, 'changed.yaml': changed });
    await comparison.prepare('apply -f applied.yaml');
    await comparison.prepare('apply -f -', pods);
    await comparison.prepare('create deployment web --image=nginx');
    await comparison.prepare('wait --for=condition=Ready pod/two --timeout=30s');
  },
});

const path = '/usr/bin:/bin';

describeSame('plugins of kubectl, beside upstream\'s', {
  name: 'plugins',
  lines: ['plugin list', 'plugin list --name-only', 'foo', 'foo bar baz --x', { line: 'foo x-y', stdin: 'input' }, 'create thing a b', 'create cm x --dry-run=client'],
  setUp(comparison) {
    const script = (text: string): string => `#!/bin/sh\n${text}\n`;
    comparison.files({ 'bin/kubectl-foo-bar': script('echo "foo bar $@"; exit 3'), 'bin/kubectl-foo': script('echo "foo $@"; cat'), 'bin/kubectl-create-thing': script('echo "create thing $@"'), 'bin/kubectl-get': 'x' });
    for (const name of ['foo-bar', 'foo', 'create-thing']) chmodSync(join(comparison.folder, 'bin', `kubectl-${name}`), 0o755);
    comparison.path = `${join(comparison.folder, 'bin')}:${path}`;
    return Promise.resolve();
  },
});
