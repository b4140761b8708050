import { describeSame } from './compare.ts';

const warned = `
apiVersion: v1
kind: Pod
metadata: {name: warned}
spec: {containers: [{name: a, image: x, env: [{name: A, value: b}, {name: A, value: c}]}]}
`;

const strings = JSON.stringify({
  apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'strings', labels: { yes: 'no', 'a/b': '', 1: 'x', null: '' } },
  data: { one: 'a\nb\n', two: 'first\n  second\n\nthird "quoted" \\ back\n', three: 'tab\there', four: 'no end\nx', five: '\n', six: '  leading\n  x ', seven: 'é☃', eight: '\u0007', true: '1', '0x1': 'a', 'a-b': 'c', _x: 'y', y: '1', '1a': 'b', '1e3': 'c' },
});

/** Lines whose output, errors and exit code are upstream's, byte for byte but for ages. */
const lines = [
  'wait', 'wait pods', 'wait pod/x --for=condition=Ready', 'wait deploy/web --for=condition=Available', 'wait deploy/web --for=condition=available=false --timeout=0s', 'wait deploy/web --for=condition=nope --timeout=1s', 'wait pods --all --for=condition=Ready', 'wait deploy web --for=jsonpath={.spec.replicas}=2', 'wait deploy web --for=jsonpath={.spec.replicas}=3 --timeout=1s', 'wait deploy web --for=jsonpath={.spec.replicas}=', 'wait deploy web --for=jsonpath={.spec.template}=x', 'wait deploy web --for=jsonpath={.status.conditions[*].type}', 'wait deploy web --for=jsonpath={.nope} --timeout=0',
  'wait deploy web --for=delete --timeout=1s', 'wait deploy nope --for=delete', 'wait pods -l a=b --for=delete', 'wait pods -l a=b --for=condition=Ready', 'wait pod/x --for=create --timeout=1s', 'wait deploy/web --for=create', 'wait deploy/web --for=bad', 'wait deploy/web --for=create --for=condition=Available -o name', 'wait deploy/web deploy/nope --for=condition=Available', 'wait deploy/web --for=jsonpath=a=b=c', 'wait deploy/web --for=delete --timeout=0', 'wait deploy/web --for=condition=Available -o yaml', 'wait nope/x --for=delete', 'wait deploy/web --for=jsonpath={.spec.repl',
  'explain', 'explain pods x', 'explain pods', 'explain pod.spec', 'explain po.spec.containers', 'explain pods.spec.containers.image', 'explain pods.nope', 'explain pods.spec.nope.x', 'explain deploy.spec.strategy', 'explain deployments.apps.spec.replicas', 'explain pods --recursive', 'explain crd --recursive', 'explain crd.spec.versions.schema', 'explain nope', 'explain svc.spec.type', 'explain pods -o plaintext-openapiv2', 'explain pods.spec -o plaintext-openapiv2', 'explain pods.spec.containers -o plaintext-openapiv2 --recursive', 'explain pods.spec.nodeName -o plaintext-openapiv2', 'explain pods.metadata.labels -o plaintext-openapiv2', 'explain pods --recursive -o plaintext-openapiv2',
  'explain pods -o bad', 'explain hpa --api-version=autoscaling/v1', 'explain hpa.spec', 'explain pods --api-version=v9', 'explain pods --api-version=a/b/c', 'explain cm.data', 'explain pods.metadata.labels', 'explain events', 'explain events.events.k8s.io', 'explain ns.spec --recursive=true', 'explain pods[0]', 'explain pods.', 'explain Pod', 'explain pods.nope -o plaintext-openapiv2', 'explain pods --api-version=v9 -o plaintext-openapiv2', 'explain secrets.immutable', 'explain ingress.spec.rules.http.paths.pathType',
  'get deploy web -o jsonpath-as-json={.metadata.name}', 'get pods -o jsonpath-as-json={.items[*].metadata.name}', 'get pods -o \'jsonpath-as-json={range .items[*]}{.kind}x{end}\'', 'get pods -o jsonpath-as-json', 'get pods -o jsonpath-as-json={.items[0', 'get deploy web -o jsonpath-as-json={.metadata.labels}', 'get pods -o jsonpath={.items[7].metadata.name}', 'get pods -o jsonpath={.items[-9]}', 'get pods -o jsonpath={.items[1:9]}', 'get pods -o jsonpath={.kind[0]}', 'get pods -o jsonpath={.metadata[0]}', 'get pods -o jsonpath={.items[1:0]}', 'get pods -o jsonpath={.items[0:2:0]}', 'get deploy web -o jsonpath={.metadata.nope} --allow-missing-template-keys=false', 'get deploy web -o jsonpath={.metadata.managedFields[0].manager}',
  'get deploy -o custom-columns=A:.metadata.managedFields', 'get pods -o jsonpath={.items[?(@.spec[0])].kind}', 'get pods -o jsonpath={.kind[?(@.a)]}', 'get deploy,cm -o kyaml', 'get cm strings -o kyaml', 'get nodes -o kyaml', 'get cm strings -o kyaml --show-managed-fields',
  'apply -f warned.yaml --warnings-as-errors --dry-run=server', 'get ns --warnings-as-errors', 'get ns --request-timeout=1h2m', 'get ns --request-timeout=-5', 'get ns --request-timeout=-5s', 'get ns --request-timeout=1x',
] as const;

describeSame('kubectl\'s commands that wait and explain, and its forms of output, beside upstream\'s', {
  name: 'inspect',
  lines,
  setUp: async (comparison) => {
    comparison.files({ 'warned.yaml': warned });
    await comparison.prepare('create -f -', strings);
    await comparison.prepare('create deployment web --image=nginx --replicas=2');
    await comparison.prepare('rollout status deployment web');
  },
});
