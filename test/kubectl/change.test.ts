import { describeSame } from './compare.ts';

/** Lines that leave the cluster as it was. */
const lines = [
  'label', 'label pods web', 'label deploy web', 'label deploy web a=b --dry-run=client', 'label deploy web app=other', 'label deploy web app=other --overwrite --dry-run=server', 'label deploy web a=b=c', 'label deploy web nope-', 'label deploy nope a=b', 'label deploy web a=b a-', 'label deploy web app=web', 'label deploy --all a=b --dry-run=client -o name',
  'annotate', 'annotate deploy web', 'annotate deploy web a=b --dry-run=client', 'annotate deploy web a=b --dry-run=server -o name', 'annotate deploy web deployment.kubernetes.io/revision=9', 'annotate deploy web nope-', 'annotate deploy web a=b a-',
  'scale deploy web', 'scale deploy web --replicas=-1', 'scale deploy web --replicas=3 --dry-run=client', 'scale deploy web --replicas=3 --dry-run=server', 'scale deploy nope --replicas=3', 'scale deploy web --replicas=3 --current-replicas=9', 'scale --replicas=1', 'scale cm kube-root-ca.crt --replicas=1', 'scale deploy web --replicas=x',
  'patch', 'patch deploy web', 'patch deploy web -p {"spec":{"replicas":2}}', 'patch deploy web -p \'{"spec":{"replicas":3}}\' --dry-run=client', 'patch deploy web -p \'{"spec":{"replicas":3}}\' --dry-run=server -o jsonpath={.spec.replicas}', 'patch deploy web -p \'{"spec":\' ', 'patch deploy nope -p \'{}\'', 'patch deploy web --type=json -p \'[{"op":"test","path":"/spec/replicas","value":9}]\'', 'patch deploy web --type=other -p \'{}\'', 'patch deploy web -p \'{"spec":{"replicas":2}}\'', 'patch deploy web --type=merge -p \'{"spec":{"replicas":"x"}}\'', 'patch deploy web --subresource=scale --type=merge -p \'{"spec":{"replicas":2}}\' -o yaml',
  'rollout status', 'rollout status deploy web', 'rollout status deploy/nope', 'rollout status deploy/web --revision=7', 'rollout status cm kube-root-ca.crt', 'rollout history deploy web', 'rollout history deploy/nope', 'rollout history', 'rollout undo deploy/web', 'rollout undo deploy/web --to-revision=9', 'rollout pause cm kube-root-ca.crt', 'rollout resume deploy/web', 'rollout restart cm kube-root-ca.crt', 'rollout nope', 'rollout pause', 'rollout status ds/agent', 'rollout status sts/db', 'rollout history sts db', 'rollout undo sts/db',
] as const;

const pod = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
const common = { selector: { matchLabels: { app: 'x' } }, template: pod };

describeSame('kubectl label, annotate, scale, patch and rollout, beside upstream\'s', {
  name: 'change',
  lines,
  async setUp(comparison) {
    await comparison.prepare('create deployment web --image=nginx --replicas=2');
    await comparison.prepare('apply -f -', JSON.stringify({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' }, spec: { ...common, serviceName: 'db', replicas: 1 } }));
    await comparison.prepare('apply -f -', JSON.stringify({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'agent' }, spec: common }));
    for (const one of ['deploy/web', 'sts/db', 'ds/agent']) await comparison.prepare(`rollout status ${one}`);
  },
  sequences: {
    'what is changed, rolled out and rolled back': [
      'create deployment web --image=nginx:1 --replicas=2', 'rollout status deploy web --watch=false --timeout=1s', 'label deploy web tier=front', 'label deploy web tier=back --overwrite', 'label deploy web tier- nope-', 'annotate deploy web kubernetes.io/change-cause=first', 'annotate deploy/web x=y', 'annotate deploy/web x-', 'scale deploy web --replicas=3', 'scale deploy/web --replicas=1 --current-replicas=3 --timeout=30s',
      'patch deploy web -p \'{"spec":{"template":{"spec":{"containers":[{"name":"nginx","image":"nginx:2"}]}}}}\'', 'patch deploy web --type=json -p \'[{"op":"add","path":"/metadata/labels/z","value":"1"}]\'', 'rollout pause deploy web', 'rollout pause deploy web', 'rollout restart deploy web', 'rollout resume deploy web', 'rollout restart deploy/web', 'rollout history deploy/web', 'rollout undo deploy/web --to-revision=1', 'rollout undo deploy web --to-revision=7', 'get deploy web -o jsonpath={.spec.template.spec.containers[0].image}{.metadata.labels}',
    ],
  },
});
