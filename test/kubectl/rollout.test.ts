import { describeSame } from './compare.ts';

const workload = (kind: string, name: string, { image = 'nginx:1', spec = '', more = '' } = {}): string => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}, labels: {set: ${name}}}
spec:
  ${kind === 'DaemonSet' ? '' : 'replicas: 1\n  '}${kind === 'StatefulSet' ? 'serviceName: none\n  ' : ''}selector: {matchLabels: {app: ${name}-${kind.toLowerCase()}}}
  ${spec}
  template:
    metadata: {labels: {app: ${name}-${kind.toLowerCase()}}, annotations: {note: here}}
    spec: {${more}containers: [{name: c, image: "${image}", ports: [{containerPort: 80}], env: [{name: A, value: b}]}]}
`;
const kinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
const all = (name: string, options: Parameters<typeof workload>[2] = {}): string => kinds.map((kind) => workload(kind, name, options)).join('---\n');

const names = ['deploy', 'sts', 'ds'] as const;
const each = (line: (name: string) => string): string[] => names.map(line);
const observed = (generation: number): string[] => each((name) => `wait --for=jsonpath={.status.observedGeneration}=${generation} ${name}/web`);

/*
 * Not the same, and why: how often `rollout status` says that it waits while something happens, which is as often as the
 * controllers write, in both.
 */
describeSame('kubectl rollout, beside upstream\'s', {
  name: 'rollout',
  lines: [
    'rollout undo', 'rollout undo deploy/nope --dry-run=client', 'rollout undo deploy/web --dry-run=x', 'rollout undo deploy -l app=none', 'rollout undo rs/x', 'rollout status', 'rollout status deploy/nope', 'rollout status deploy -l app=none', 'rollout status -f nope.yaml', 'rollout status deploy/x --revision=-1', 'rollout status deploy/x --timeout=x', 'rollout history', 'rollout history deploy/nope --revision=1', 'rollout restart', 'rollout pause ds/x', 'rollout resume sts/x',
  ],
  setUp(comparison) {
    comparison.files({ 'one.yaml': all('web'), 'two.yaml': all('web', { image: 'nginx:2' }), 'stuck.yaml': all('stuck', { more: 'nodeSelector: {no: where}, ' }), 'late.yaml': workload('Deployment', 'late', { spec: 'progressDeadlineSeconds: 1', more: 'nodeSelector: {no: where}, ' }), 'on-delete.yaml': workload('DaemonSet', 'manual', { spec: 'updateStrategy: {type: OnDelete}' }) });
    return Promise.resolve();
  },
  sequences: {
    'revisions of every kind, shown and gone back to': [
      'create -f one.yaml', ...observed(1), ...each((name) => `rollout undo ${name}/web`), ...each((name) => `annotate ${name}/web kubernetes.io/change-cause=second`),
      'replace -f two.yaml', ...observed(2), ...each((name) => `rollout history ${name}/web`), ...each((name) => `rollout history ${name}/web --revision=1`), ...each((name) => `rollout history ${name}/web --revision=7`), ...each((name) => `rollout history ${name}/web --revision=1 -o jsonpath={.spec.template.spec.containers[0].image}`), 'rollout history -f one.yaml --revision=1', 'rollout history deploy,sts,ds -l set=web',
      ...each((name) => `rollout undo ${name}/web --dry-run=client`), ...each((name) => `rollout undo ${name}/web --dry-run=server`), ...each((name) => `rollout undo ${name}/web --to-revision=-1`), ...each((name) => `rollout undo ${name}/web --to-revision=7`), ...each((name) => `rollout undo ${name}/web --to-revision=2`), 'rollout undo ds/web --to-revision=1 --dry-run=client -o name',
      ...each((name) => `rollout undo ${name}/web`), ...each((name) => `get ${name}/web -o jsonpath={.spec.template.spec.containers[0].image}`), 'rollout pause deploy/web', 'rollout undo deploy/web', 'rollout undo deploy/web --dry-run=client', 'rollout restart deploy/web',
    ],
    'rollouts that do not come to their end': [
      'create -f stuck.yaml', 'wait --for=jsonpath={.status.updatedReplicas}=1 deploy/stuck sts/stuck', 'wait --for=jsonpath={.status.observedGeneration}=1 ds/stuck', ...each((name) => `rollout status ${name}/stuck --watch=false`), 'rollout status -f stuck.yaml --watch=false', 'rollout status deploy,sts -l set=stuck -w=false', 'rollout status deploy/stuck --timeout=1s', 'rollout status sts/stuck deploy/stuck --timeout=1s', 'rollout status deploy/stuck --revision=1 --watch=false', 'rollout status deploy/stuck --revision=2 --watch=false',
      'create -f late.yaml', 'wait --for=condition=Progressing=False deploy/late', 'rollout status deploy/late', 'create -f on-delete.yaml', 'rollout status ds/manual', 'rollout status deploy/none -n nope',
    ],
  },
});
