import { describeSame } from './compare.ts';

const manifests: Readonly<Record<string, string>> = {
  'pod.yaml': 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: one\nspec:\n  containers:\n  - name: web\n    image: nginx\n',
  'two.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n---\n# nothing here\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\ndata:\n  k: v\n',
  'bad.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  name: b\n dataa:\n',
  'unknown.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: u\ndataa:\n  k: v\n',
  'nokind.yaml': 'apiVersion: v1\nkind: Nope\nmetadata:\n  name: u\n',
  'deploy.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        env:\n        - name: A\n          value: "1"\n        - name: B\n          value: "2"\n        ports:\n        - containerPort: 80\n',
  'elsewhere.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: e\n  namespace: kube-public\n',
  'list.json': '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"la"}},{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"lb"}}]}',
};

const changed = manifests['deploy.yaml']!.replace('replicas: 2', 'replicas: 3').replace('        - name: B\n          value: "2"\n', '        - name: C\n          value: "3"\n');

/*
 * Not the same, and why:
 * - `--dry-run` without a value: upstream says that it is deprecated in the form of its own log, with a time and a line of its source.
 * - malformed YAML: file, line and what is wrong are told, in the words of another parser.
 * - `--dry-run=client -o json` of a generated object: upstream writes its fields in the order of Go's structs, ours are sorted as everywhere else.
 */

/** Lines that leave the cluster as it was, or whose second run says the same. */
const lines = [
  'create -f pod.yaml --dry-run=client', 'create -f pod.yaml --dry-run=server', 'create -f two.yaml --dry-run=client -o name', 'create -f pod.yaml --dry-run=client -o yaml', 'create -f pod.yaml --dry-run=x', 'create', 'create -f unknown.yaml', 'create -f nokind.yaml', 'create -f elsewhere.yaml -n default', 'create -f list.json --dry-run=client', 'create -f pod.yaml --validate=x',
  'create ns x --dry-run=client -o yaml', 'create namespace x --dry-run=server', 'create namespace', 'create ns a b', 'create namespace default', 'create deployment d --image=nginx:1.27 --replicas=2 --port=80 --dry-run=client -o yaml', 'create deploy d --image=a/b/busybox --dry-run=client -o yaml -- sleep 1d', 'create deployment d', 'create deployment d --image=a --image=b --dry-run=client -o yaml',
  'create cm c --from-literal=a=b --from-literal=c=d=e --dry-run=client -o yaml', 'create configmap c --from-file=folder --dry-run=client -o yaml', 'create configmap c --from-file=x=folder/one --dry-run=client -o yaml', 'create configmap c --from-env-file=folder/env --dry-run=client -o yaml', 'create configmap c --from-literal=a --dry-run=client', 'create configmap c --from-file=nope --dry-run=client', 'create configmap c --from-literal=a=b --append-hash --dry-run=client -o yaml', 'create configmap c -n other --dry-run=client -o yaml', 'create configmap c --from-literal=a=b --from-literal=a=c --dry-run=client', 'create configmap c --from-literal=a/b=c --dry-run=client',
  'apply', 'apply -f pod.yaml --dry-run=client', 'apply -f pod.yaml --dry-run=server', 'apply -f deploy.yaml --dry-run=client -o yaml', 'apply -f pod.yaml --force-conflicts', 'apply -f pod.yaml --server-side --dry-run=client', 'apply -f pod.yaml --server-side --dry-run=server', 'apply -f nokind.yaml', 'apply -f nope.yaml', 'apply x',
  'delete', 'delete pod', 'delete pod nope', 'delete pods --all', 'delete pods -l a=b', 'delete pod nope --ignore-not-found', 'delete -f pod.yaml', 'delete pods,cm -l nope=x', 'delete pod x --now --grace-period=5', 'delete pod x --cascade=maybe', 'delete pod x -o json', 'delete pods --all -l a=b', 'delete cm kube-root-ca.crt --dry-run=client', 'delete cm kube-root-ca.crt --dry-run=server -o name', 'delete foo x',
] as const;

describeSame('kubectl create, apply and delete, beside upstream\'s', {
  name: 'write',
  lines,
  setUp(comparison) {
    comparison.files({ ...manifests, 'changed.yaml': changed, 'folder/one': 'first\nsecond\n', 'folder/two.bin': Buffer.from([0xff, 0xfe, 0x00]), 'folder/env': '# comment\nA=1\nB=two words\n' });
    return Promise.resolve();
  },
  sequences: {
    'what is created, applied anew and deleted': [
      'apply -f deploy.yaml', 'apply -f deploy.yaml', 'apply -f changed.yaml', 'get deploy web -o jsonpath={.spec.template.spec.containers[0].env}{.spec.replicas}', 'apply -f changed.yaml --server-side', 'apply -f two.yaml', 'create -f two.yaml', 'create -f pod.yaml --save-config', 'apply -f pod.yaml',
      'create cm c --from-literal=a=b', 'apply -f list.json -o name', 'delete -f two.yaml', 'delete cm la lb', 'delete deploy/web cm/c', 'delete pod one --now', 'delete pod one --force --grace-period=0', 'get all',
    ],
  },
});
