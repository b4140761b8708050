import { describeSame } from './compare.ts';

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: filed}
spec:
  replicas: 2
  selector: {matchLabels: {app: filed}}
  template:
    metadata: {labels: {app: filed}}
    spec:
      containers: [{name: web, image: nginx, env: [{name: A, value: "1"}]}, {name: side, image: busybox}]
      initContainers: [{name: setup, image: busybox}]
`;

const service = `apiVersion: v1
kind: Service
metadata: {name: filed}
spec: {selector: {a: b}, ports: [{port: 80}]}
`;

/*
 * Not the same, and why: `set env --from` of several keys, whose order upstream leaves to chance.
 */
const lines = [
  'set env', 'set env deploy/web', 'set env deploy/web --list', 'set env deploy/filed --list', 'set env deploy/filed --list --resolve', 'set env deploy/filed X=y --list -c w*', 'set env deploy --all --list', 'set env cm/settings --list', 'set env deploy/web A=b --dry-run=client', 'set env deploy/web A=b --dry-run=client -o yaml', 'set env deploy/web A=b C- --dry-run=server -o jsonpath={.spec.template.spec.containers[0].env}', 'set env deploy/web A=b A-',
  'set env deploy/web A-', 'set env deploy/web 1=2 deploy/x', 'set env deploy/web =x', 'set env deploy/web 1x=2', 'set env deploy/filed A=2 --overwrite=false', 'set env deploy/filed A=1 --overwrite=false --dry-run=server', 'set env deploy/web --keys=a', 'set env deploy/web --list -o yaml', 'set env deploy/web --all -l a=b', 'set env deploy/web A=b -c nope', 'set env cm/settings A=b', 'set env deploy/web --from=secret/hidden --prefix=MY_ --keys=password --dry-run=server -o jsonpath={.spec.template.spec.containers[0].env}',
  'set env deploy/web --from=deploy/web --dry-run=client', 'set env deploy/web --from=secret/nope --dry-run=client', 'set env deploy/web -e A=b -e C=d --dry-run=client -o name', 'set env -f deploy.yaml A=b --local -o yaml', 'set env -f deploy.yaml A=b --local', 'set env -f deploy.yaml A=b --local --dry-run=server', 'set env deploy/web A=b --local', 'set env nope/web A=b', 'set env deploy/nope A=b', 'set env deploy/filed A- --dry-run=server -o jsonpath={.spec.template.spec.containers[*].env}',
  'set image deploy/web a=b c', 'set image deploy/web a-', 'set image deploy/web nginx=x --dry-run=client -o yaml', 'set image -f deploy.yaml web=x setup=y --local -o yaml', 'set image deploy/web nginx=x --local', 'set image deploy/web a=b *=c', 'set image deploy/web --all -l a=b', 'set image -f deploy.yaml *=x --local -o name', 'set image deploy/filed *=x --dry-run=server -o jsonpath={..image}', 'set resources', 'set resources deploy/web', 'set resources deploy/web --limits=cpu=200m,memory=512Mi --requests=cpu=100m --dry-run=client -o yaml',
  'set resources deploy/web --limits=cpu=200m --dry-run=server -o jsonpath={.spec.template.spec.containers[0].resources}', 'set resources deploy/web --limits=cpu', 'set resources deploy/web --limits=cpu=x', 'set resources deploy/web -c nope --limits=cpu=1', 'set resources deploy/web --limits=cpu=1 --all -l a=b', 'set resources deploy/filed -c s* --limits=cpu=1 --dry-run=server -o jsonpath={.spec.template.spec.containers[*].resources}',
  'set resources cm/settings --limits=cpu=1', 'set resources -f deploy.yaml --limits=cpu=1 --local -o yaml', 'set resources deploy/web --limits=cpu=1 --local', 'set resources deploy/web --limits=cpu=1 --local --dry-run=server', 'set resources deploy/web --requests=cpu=2 --limits=cpu=1', 'set resources deploy --all --requests=cpu=100m --dry-run=server -o name', 'set selector', 'set selector svc/filed a=c --dry-run=client', 'set selector svc/filed a=c --dry-run=client -o yaml',
  'set selector svc/filed a=c,d=e --dry-run=server -o jsonpath={.spec.selector}', 'set selector svc/filed \'a in (b)\'', 'set selector svc/filed \'a in (b)\' --dry-run=client', 'set selector svc/filed a=!', 'set selector deploy/web a=b', 'set selector svc/filed a=c --resource-version=1', 'set selector -f svc.yaml a=c --local -o yaml', 'set selector svc/nope a=b', 'set selector svc a=b', 'set serviceaccount', 'set serviceaccount default', 'set sa deploy/web robot --dry-run=client -o yaml',
  'set sa deploy/web robot --dry-run=server -o jsonpath={.spec.template.spec.serviceAccountName}', 'set sa deploy web default --dry-run=server', 'set sa cm/settings robot', 'set sa -f deploy.yaml robot --local -o yaml', 'set sa deploy/web robot --local --dry-run=server', 'set subject', 'set subject rolebinding readers', 'set subject rolebinding readers --user=you --user=me --group=g --dry-run=client -o yaml', 'set subject rolebinding readers --serviceaccount=a:b --dry-run=server -o jsonpath={.subjects}',
  'set subject rolebinding readers --serviceaccount=:b --dry-run=client -o yaml', 'set subject clusterrolebinding readers --serviceaccount=:b', 'set subject clusterrolebinding readers --serviceaccount=b', 'set subject clusterrolebinding readers --user=me', 'set subject deploy web --user=x', 'set subject rolebinding readers --user=x --all --dry-run=client', 'set subject rolebinding --all --user=x --dry-run=client',
] as const;

describeSame('kubectl set, beside upstream\'s', {
  name: 'set',
  lines,
  async setUp(comparison) {
    comparison.files({ 'deploy.yaml': deployment, 'svc.yaml': service });
    for (const line of [
      'create deployment web --image=nginx', 'create configmap settings --from-literal=some.key=v', 'create secret generic hidden --from-literal=password=p', 'apply -f deploy.yaml -f svc.yaml',
      'create rolebinding readers --clusterrole=view --user=me', 'create clusterrolebinding readers --clusterrole=view --user=me', 'set env deploy/filed -c web P=x --from=secret/hidden', 'set env deploy/filed -c web --from=cm/settings',
    ]) await comparison.prepare(line);
  },
  sequences: {
    'what is set stays': [
      'create deployment web --image=nginx', 'set env deploy/web A=1 B=2', 'set env deploy/web A- C=3', 'set resources deploy web --limits=cpu=1', 'set sa deploy web robot', 'get deploy web -o jsonpath={.spec.template.spec.containers[0].env}{.spec.template.spec.containers[0].resources}{.spec.template.spec.serviceAccountName}',
      'set image deploy/web nginx=nginx:3 --record', 'rollout history deploy/web', 'create svc clusterip s --tcp=80', 'set selector svc s x=y', 'get svc s -o jsonpath={.spec.selector}', 'create rolebinding b --role=r --user=u', 'set subject rolebinding b --user=w', 'get rolebinding b -o wide', 'set sa deploy web robot',
    ],
  },
});
