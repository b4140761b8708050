import { describeSame } from './compare.ts';

const lines = [
  'run', 'run x', 'run x --image=nginx --dry-run=client -o yaml', 'run x --image=nginx --port=80 --env=A=b --env=C=d --labels=a=b,c=d --dry-run=client -o yaml', 'run x --image=nginx --dry-run=server', 'run x --image=nginx --dry-run=client --command -o yaml -- sleep 1d', 'run x --image=nginx --dry-run=client -o yaml -- a b', 'run x --image=nginx --restart=Never --dry-run=client -o yaml', 'run x --image=nginx --restart=Nope', 'run x --image=nginx --expose', 'run x --image=nginx --expose --port=80 --dry-run=client -o yaml', 'run x --image=UPPER:x:y --dry-run=client', 'run x --image=nginx --rm', 'run x --image=nginx -t', 'run x --image=nginx --env=A --dry-run=client', 'run x --image=nginx --image-pull-policy=Nope', 'run x --image=nginx --privileged --image-pull-policy=Never --annotations=a=b --dry-run=client -o yaml', 'run x --image=nginx --overrides=\'{"spec":{"nodeName":"n"}}\' --dry-run=client -o name',
  'expose', 'expose deploy web', 'expose deploy web --port=80 --dry-run=client -o yaml', 'expose deploy web --port=80 --target-port=http --name=other --type=NodePort --dry-run=client -o yaml', 'expose deploy web --port=80,443 --dry-run=client -o yaml', 'expose deploy nope --port=80', 'expose cm kube-root-ca.crt --port=80', 'expose deploy web --port=80 --dry-run=server', 'expose svc kubernetes --name=k2 --dry-run=client', 'expose deploy web --port=80 --labels=x=y --selector=a=b --session-affinity=ClientIP --dry-run=client -o yaml', 'expose deploy/ported --dry-run=client -o yaml', 'expose deploy web --port=80 --overrides=\'{"spec":{"type":"NodePort"}}\' --dry-run=client -o yaml', 'expose deploy web --port=80 --override-type=x --overrides={} --dry-run=client', 'expose deploy web --port=80 --cluster-ip=None --dry-run=client -o yaml',
  'set image deploy/web', 'set image deploy/web nginx=nginx:2 --dry-run=client', 'set image deploy/web nginx=nginx:2 --dry-run=server -o jsonpath={.spec.template.spec.containers[0].image}', 'set image deploy/web nope=nginx:2', 'set image deploy/web *=nginx:2 --dry-run=client -o name', 'set image deploy/web nginx=nginx', 'set image deploy/nope nginx=x', 'set image', 'set image cm/kube-root-ca.crt a=b', 'set nope',
  'cordon', 'cordon nope', 'uncordon node-1', 'cordon node-1 --dry-run=client', 'cordon node-1 --dry-run=server', 'cordon node-1 -l a=b', 'drain', 'drain nope', 'drain node-1 --dry-run=client', 'drain node-1 -l a=b',
] as const;

describeSame('kubectl run, expose, set image, cordon and drain, beside upstream\'s', {
  name: 'generate',
  lines,
  async setUp(comparison) {
    await comparison.prepare('create deployment web --image=nginx --replicas=1');
    await comparison.prepare('create deployment ported --image=nginx --replicas=1 --port=8080');
    for (const name of ['web', 'ported']) await comparison.prepare(`rollout status deployment ${name}`);
  },
  sequences: {
    'what is run, exposed and set': ['run one --image=nginx --expose --port=80', 'expose pod one --name=two --port=81', 'create deployment web --image=nginx', 'set image deploy/web nginx=nginx:9', 'set image deploy/web nginx=nginx:9', 'get deploy web -o jsonpath={.spec.template.spec.containers[0].image}', 'get svc one two -o jsonpath={.items[*].spec.selector}'],
  },
});
