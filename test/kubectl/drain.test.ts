import { describeSame } from './compare.ts';

const labels = '{app: AS}';
const workload = (kind: string, name: string, volumes = ''): string => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}}
spec:
  selector: {matchLabels: ${labels.replace('AS', name)}}
  template:
    metadata: {labels: ${labels.replace('AS', name)}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: nginx}]${volumes}}
`;

/** What every sequence ends with: a node that takes pods, and none of these on it. */
const end = ['uncordon node-1', 'delete deploy,ds,pdb --all', 'delete pods --all --grace-period=0 --force'];
const node = 'get node node-1 -o jsonpath={.spec.unschedulable}';

/*
 * Not the same, and why: `--disable-eviction --dry-run=server`, which waits in upstream's program for pods that nobody has
 * deleted; several pods or refusals at once, which upstream tells in an order of chance.
 */
describeSame('kubectl drain, beside upstream\'s', {
  name: 'drain',
  lines: [
    'drain', 'drain nope', 'drain node-1 nope --dry-run=client', 'drain node-1 -l a=b', 'drain -l a=b', 'drain -l kubernetes.io/os=linux --dry-run=client', 'drain nodes/node-1 --dry-run=client', 'drain pods/x', 'drain node-1 --dry-run=x', 'drain node-1 --grace-period=x', 'drain node-1 --timeout=5', 'drain node-1 --pod-selector=a=,=b', 'drain node-1 --ignore-errors', 'drain node-1 --delete-local-data', 'drain node-1 --dry-run=server', 'drain node-1 --dry-run=server --chunk-size=1', 'drain node-1 --dry-run=client --disable-eviction', 'drain node-1 --as=nobody', 'cordon node-1 --as=nobody',
  ],
  setUp(comparison) {
    comparison.files({ 'empty-dir.yaml': workload('Deployment', 'scratch', ', volumes: [{name: v, emptyDir: {}}]'), 'daemon.yaml': workload('DaemonSet', 'agent'), 'web.yaml': workload('Deployment', 'web') });
    return Promise.resolve();
  },
  sequences: {
    'pods of a deployment go': ['apply -f web.yaml', 'wait --for=condition=Available deploy/web', 'drain node-1 --pod-selector=app=web --dry-run=client', 'drain node-1 --pod-selector=app=web --dry-run=server', node, 'drain node-1 --pod-selector=app=web', node, 'drain node-1 --pod-selector=app=web', 'uncordon node-1', 'uncordon node-1', ...end],
    'pods are deleted, not evicted': ['apply -f web.yaml', 'wait --for=condition=Available deploy/web', 'create pdb web --selector=app=web --min-available=1', 'drain node-1 --pod-selector=app=web --disable-eviction --grace-period=0', ...end],
    'a pod that nobody makes anew': ['run lone --image=nginx --labels=app=lone', 'wait --for=condition=Ready pod/lone', 'drain node-1 --pod-selector=app=lone', 'drain node-1 --pod-selector=app=lone --force --dry-run=client', 'drain node-1 --pod-selector=app=lone --force --grace-period=1', ...end],
    'a pod that has ended': ['run done --image=busybox --restart=Never --labels=app=done --annotations=coxswain.io/exit-after=0s', 'wait --for=jsonpath={.status.phase}=Succeeded pod/done', 'drain node-1 --pod-selector=app=done', ...end],
    'pods with data of their node': ['apply -f empty-dir.yaml', 'wait --for=condition=Available deploy/scratch', 'drain node-1 --pod-selector=app=scratch', 'drain node-1 --pod-selector=app=scratch --delete-emptydir-data', ...end],
    'pods of a daemon set': ['apply -f daemon.yaml', 'wait --for=jsonpath={.status.numberAvailable}=1 ds/agent', 'drain node-1 --pod-selector=app=agent', 'drain node-1 --pod-selector=app=agent --force', 'drain node-1 --pod-selector=app=agent --ignore-daemonsets', 'drain node-1 --pod-selector=app=agent --ignore-daemonsets --dry-run=client', ...end],
    'a daemon set that is gone': ['apply -f daemon.yaml', 'wait --for=jsonpath={.status.numberAvailable}=1 ds/agent', 'delete ds agent --cascade=orphan', 'patch pod -l app=agent -p x', 'drain node-1 --pod-selector=app=agent', ...end],
    'a budget that lets nobody go': ['apply -f web.yaml', 'wait --for=condition=Available deploy/web', 'create pdb web --selector=app=web --min-available=1', 'wait --for=jsonpath={.status.currentHealthy}=1 pdb/web', 'drain node-1 --pod-selector=app=web --timeout=1s', node, 'get pods -o name', ...end],
    'a pod that does not go in time': ['run held --image=nginx --labels=app=held', 'wait --for=condition=Ready pod/held', 'patch pod held -p \'{"metadata":{"finalizers":["example.com/held"]}}\'', 'drain node-1 --pod-selector=app=held --force --grace-period=0 --timeout=1s', 'drain node-1 --pod-selector=app=held --force --disable-eviction --timeout=1s', 'drain node-1 --pod-selector=app=held --force --timeout=10s --skip-wait-for-delete-timeout=1', 'patch pod held -p \'{"metadata":{"finalizers":null}}\'', ...end],
  },
});
