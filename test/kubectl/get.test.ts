import { describeSame } from './compare.ts';

/** Lines whose output, errors and exit code are upstream's, byte for byte but for ages. */
const lines = [
  'get pods', 'get pods -A', 'get pods -o wide', 'get deploy,svc', 'get all -A', 'get all', 'get ns', 'get nodes -o wide', 'get nodes -o yaml', 'get pods -o name', 'get pods -o json',
  'get cm -A --sort-by=.metadata.name', 'get pods --sort-by=.metadata.creationTimestamp', 'get pods -L app --show-labels', 'get pods --label-columns=app,tier', 'get deploy web -o json', 'get deploy web -o yaml', 'get deploy web -o yaml --show-managed-fields',
  'get pods nope', 'get foo', 'get pod/x svc/y', 'get --raw /version', 'get --raw /nope', 'get pods -o \'jsonpath={.items[*].metadata.name}\'', 'get pods -o \'jsonpath={.items[*].metadata.labels}\'', 'get pods -o custom-columns=N:.metadata.name,I:.spec.containers[*].image',
  'get deploy web -o \'jsonpath={.spec.replicas}{"\\n"}{range .status.conditions[*]}{.type}={.status}{"\\n"}{end}\'', 'get rs -o custom-columns=A:.metadata.labels,B:.spec.replicas,C:.nope', 'get pods -o \'jsonpath={.items[0].nope.x}\'', 'get pods -o \'jsonpath={.items[0\'',
  'get pods,svc -o yaml', 'get po web --ignore-not-found', 'get', 'gte pods', 'get pods --nope', 'get pods -x', 'get -n', 'get pods -o bad', 'get --chunk-size=x pods', 'get nodes --show-labels', 'get ds', 'get pods -l app=web -o name', 'get pods -l app=none',
  'get pods --field-selector=status.phase=Running', 'get pods --field-selector=status.phase=Failed -A', 'get secrets,cm -n kube-system', 'get pods --chunk-size=1', 'get deployments.v1.apps', 'get Pod', 'get po/web deploy/web', 'get deploy/web svc/kubernetes', 'get svc kubernetes -o yaml', 'get svc -A --no-headers', 'get pods -o wide --no-headers',
  'get pods a,b', 'get pods -n nope', 'get pods x -n nope', 'get -f nope.yaml', 'get pods --context=nope', 'get pods --kubeconfig=/nope', 'get pods --request-timeout=zz', 'get pods pod/x', 'get pods/x/y', 'get pods --show-labels -o json', 'get pods --raw=/x y', 'get pods --output-watch-events', 'get clusterroles -o name', 'get pods --as=somebody', 'get pods --as=somebody --as-group=system:masters',
] as const;

describeSame('kubectl get, beside upstream\'s', {
  name: 'get',
  lines,
  setUp: async (comparison) => {
    await comparison.prepare('create deployment web --image=nginx --replicas=3');
    await comparison.prepare('rollout status deployment web');
  },
});
