import { describeSame } from './compare.ts';
import { signingRequests } from './key-pairs.ts';

const rbac = (namespace: string, rules: string, subjects: string, role = 'kind: Role, name: reconciled'): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reconciled${namespace}, annotations: {x: z}}
rules: [${rules}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reconciled${namespace}}
roleRef: {apiGroup: rbac.authorization.k8s.io, ${role}}
subjects: [${subjects}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: skipped}
`;
const user = (name: string): string => `{kind: User, name: ${name}, apiGroup: rbac.authorization.k8s.io}`;
const here = ', namespace: default';
const read = '{apiGroups: [apps], resources: [deployments], resourceNames: [a], verbs: [get]}';
const clusterRole = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: reconciled, labels: {a: b}}\nrules:\n- {apiGroups: [""], resources: [pods, services], verbs: [get, list]}\n- {nonResourceURLs: [/healthz], verbs: [get]}\n---\n';

const workloads = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: c, image: nginx, env: [{name: A, value: b}]}], volumes: [{name: v, emptyDir: {}}]}
`;

/*
 * Not the same, and why: `auth reconcile` of what names no namespace, which ends upstream's program with a panic.
 */
const lines = [
  'autoscale', 'autoscale deploy web', 'autoscale deploy web --max=0', 'autoscale deploy web --max=2 --min=3', 'autoscale deploy web --max=5 --cpu-percent=80 --cpu=70%', 'autoscale deploy web --max=5 --cpu=x', 'autoscale deploy web --max=5 --cpu=x%', 'autoscale deploy web --max=5 --memory=zz', 'autoscale deploy web --min=2 --max=5 --cpu=70% --memory=500Mi --dry-run=client -o yaml', 'autoscale deploy web --max=5 --cpu=500 --memory=200 --dry-run=client -o yaml',
  'autoscale deploy web --max=5 --cpu=0.5 --name=other --dry-run=server', 'autoscale deploy web --max=5 --cpu-percent=80 --dry-run=client -o yaml -n default', 'autoscale deploy web --max=5 --dry-run=client', 'autoscale deploy web --max=5 --dry-run=server -o jsonpath={.spec.metrics}', 'autoscale cm kube-root-ca.crt --max=5', 'autoscale deploy nope --max=5', 'autoscale --max=5', 'autoscale deploy --max=5', 'autoscale -f deploy.yaml --max=3 --dry-run=client',
  'taint', 'taint nodes', 'taint nodes node-1', 'taint nodes a=b:NoSchedule', 'taint node node-1 a=b', 'taint node node-1 a=b:Bad', 'taint node node-1 a=b:NoSchedule x', 'taint node node-1 a=b=c:NoSchedule', 'taint node node-1 a:b:c', 'taint node node-1 -a=b:NoSchedule', 'taint node node-1 _a=b:NoSchedule', 'taint node node-1 a=b/c:NoSchedule', 'taint node node-1 a=b:NoSchedule a=c:NoSchedule', 'taint node node-1 a=b:NoSchedule a-', 'taint node node-1 a=b:NoSchedule a:NoSchedule-',
  'taint node node-1 nope-', 'taint node node-1 nope- other:NoExecute-', 'taint pods x a=b:NoSchedule', 'taint foo x a=b:NoSchedule', 'taint node nope a=b:NoSchedule', 'taint node node-1 a=b:NoSchedule --dry-run=client', 'taint no node-1 a=b:NoSchedule c:PreferNoSchedule --dry-run=server -o jsonpath={.spec.taints}', 'taint node node-1 a=b:NoSchedule --overwrite --dry-run=server', 'taint node --all a=b:NoSchedule --dry-run=client -o name',
  'taint node -l a=b a=b:NoSchedule --dry-run=client', 'taint node -l kubernetes.io/os=linux a=b:NoSchedule --dry-run=client', 'taint node --all -l a=b a=b:NoSchedule', 'certificate approve', 'certificate approve nope', 'certificate deny nope nope2', 'certificate approve one', 'certificate approve one', 'certificate deny one', 'certificate approve one --force', 'certificate approve two three', 'certificate approve -f csrs.yaml -o name', 'auth reconcile',
  'auth reconcile x', 'auth reconcile -f rbac.yaml x', 'auth reconcile -f rbac.yaml --dry-run=server', 'auth reconcile -f rbac.yaml --dry-run=client', 'auth reconcile -f rbacold.yaml', 'auth reconcile -f nope.yaml', 'auth reconcile -f rbac.yaml --dry-run=client -o name', 'auth reconcile -f there.yaml --dry-run=client', 'auth reconcile -f there2.yaml --dry-run=client', 'auth reconcile -f there2.yaml --dry-run=client --remove-extra-subjects --remove-extra-permissions',
  'auth reconcile -f there3.yaml --dry-run=client -o yaml', { line: 'label deploy web --list', anyOrder: true }, { line: 'label deploy --all --list', anyOrder: true }, { line: 'label deploy/web svc/kubernetes --list', anyOrder: true }, 'label deploy web --list -o yaml', 'label -f cm.yaml a=b --local', 'label -f cm.yaml a=b --local -o yaml', 'label cm x a=b --local', 'label --local a=b', 'label -f cm.yaml a=b --local --dry-run=server', 'label deploy --all a=b --field-selector=x=y', 'label deploy --all a=b --resource-version=1',
  'label deploy web a=b --resource-version=1', 'label deploy web a=b/c', 'label deploy web a=b c', 'label deploy -l app=web a=b --dry-run=client', 'label deploy -l app=none a=b', 'label deploy -A --all a=b --dry-run=client', 'annotate deploy web --list -o name', { line: 'annotate svc kubernetes --list', anyOrder: true }, { line: 'annotate deploy web --list', anyOrder: true }, 'annotate -f cm.yaml a=b --local -o yaml', 'annotate cm x a=b --local', 'annotate --local a=b', 'annotate deploy --all a=b --resource-version=1',
  'annotate deploy web a=b --resource-version=1', 'annotate deploy web a=b c', 'annotate deploy web =b', 'rollout history deploy/web --revision=1', 'rollout history deploy/web --revision=9', 'rollout history deploy/web --revision=-1', 'rollout history deploy/web -o yaml', 'rollout history deploy/web --revision=1 -o name', 'rollout history ds/agent', 'rollout history ds/agent --revision=1', 'rollout history sts/db --revision=1', 'rollout history sts/db -o name',
  'rollout history ds/agent -o jsonpath={.spec.template.spec.containers[0].image}', 'rollout history cm/kube-root-ca.crt', 'rollout history deploy -l app=web',
] as const;

describeSame('kubectl autoscale, taint, certificate, auth reconcile, label, annotate and rollout history, beside upstream\'s', {
  name: 'administer',
  lines,
  async setUp(comparison) {
    comparison.files({
      'csrs.yaml': signingRequests(['one', 'two', 'three']), 'rbac.yaml': `${clusterRole}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: skipped}\n`, 'rbacold.yaml': 'apiVersion: rbac.authorization.k8s.io/v1beta1\nkind: Role\nmetadata: {name: reconciled}\n',
      'there.yaml': rbac(here, read, `${user('u')}, {kind: ServiceAccount, name: s, namespace: default}`), 'there2.yaml': rbac(here, '{apiGroups: [apps], resources: [deployments], verbs: [get, list]}', user('v')),
      'there3.yaml': rbac(here, read, user('v'), 'kind: ClusterRole, name: view'), 'deploy.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n', 'workloads.yaml': workloads, 'cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: local}\n',
    });
    for (const line of ['create deployment web --image=nginx', 'annotate deploy web kubernetes.io/change-cause=first', 'apply -f workloads.yaml', 'create -f csrs.yaml', 'auth reconcile -f there.yaml', 'rollout status deploy/web', 'rollout status ds/agent', 'rollout status sts/db']) await comparison.prepare(line);
  },
  sequences: {
    'taints come and go': ['taint node node-1 k=v:NoSchedule', 'taint node node-1 k=w:NoSchedule', 'taint node node-1 k=w:NoSchedule --overwrite', 'taint node node-1 k- z=y:NoSchedule', 'get node node-1 -o jsonpath={.spec.taints}', 'taint node node-1 z:NoSchedule-', 'get node node-1 -o jsonpath={.spec.taints}'],
    'what is recorded': ['create deployment web --image=nginx', 'label deploy web a=b --record', 'annotate deploy web c=d --record', 'scale deploy web --replicas=2 --record', 'patch deploy web -p {} --record', 'get deploy web -o jsonpath={.metadata.annotations}', 'rollout history deploy web', 'autoscale deploy web --max=3 --cpu=50%', 'autoscale deploy web --max=3 --cpu=50%', 'autoscale deploy web --max=3', 'autoscale deploy web --max=3 --memory=5Mi', 'get hpa web -o jsonpath={.spec}'],
  },
});
