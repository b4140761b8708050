import { describeSame } from './compare.ts';

const configMap = (name: string, data: string, labels = ''): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {${labels}}}\ndata: {${data}}\n`;
const deployment = (spec: string): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {${spec}selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}}\n`;

/** Objects that upstream holds as Go structures are written with their fields in another order than by name. */
const typed = [
  'create cm x --from-literal=a=b --dry-run=client -o kyaml', 'create secret generic x --from-literal=a=b --dry-run=client -o json', 'create deployment x --image=y --port=80 --dry-run=client -o json', 'create cronjob x --image=y --schedule=* --dry-run=client -o json', 'create job x --image=y --dry-run=client -o json',
  'create ingress x --rule=a/b=c:80,tls=s --dry-run=client -o json', 'create role x --verb=get --resource=pods --dry-run=client -o json', 'create clusterrolebinding x --clusterrole=c --user=a --serviceaccount=a:b --dry-run=client -o json', 'create quota x --hard=cpu=1 --dry-run=client -o json', 'create pdb x --selector=a=b --min-available=1 --dry-run=client -o json', 'create priorityclass x --value=1 --dry-run=client -o json',
  'create sa x --dry-run=client -o json', 'create ns x --dry-run=client -o json', 'create service clusterip x --tcp=80 --dry-run=client -o json', 'create service nodeport x --tcp=80:90 --dry-run=client -o kyaml', 'create service externalname x --external-name=a --dry-run=client -o json', 'run x --image=y --dry-run=client -o json', 'expose deploy web --port=80 --dry-run=client -o json',
  'autoscale deploy web --max=3 --dry-run=client -o json', 'set image deploy/web nginx=x --dry-run=client -o json', 'set image deploy/web nginx=x --dry-run=server -o json', 'set image -f dep.yaml c=z --local -o json', 'set image -f dep.yaml c=z --local -o kyaml', 'set env deploy/web A=b --dry-run=client -o json', 'set resources deploy/web --limits=cpu=1 --dry-run=client -o json', 'set sa deploy web default --dry-run=client -o json',
  'set selector -f dep.yaml a=c --local -o json', 'set subject rolebinding rb --user=x --dry-run=client -o json', 'scale deploy web --replicas=2 --dry-run=client -o json', 'label deploy web a=b --dry-run=client -o json', 'rollout history deploy web --revision=1 -o json', 'rollout pause deploy web --dry-run=client -o json', 'taint node node-1 a=b:NoSchedule --dry-run=client -o json',
] as const;

const others = [
  'api-resources -o kyaml', 'api-resources -o json', 'api-resources -o yaml', 'api-resources --api-group=nope -o yaml', 'api-resources --api-group=apps -o json --namespaced', 'get ns default kube-system -o kyaml', 'version -o kyaml', 'explain pods -o kyaml', 'auth can-i --list -o kyaml',
  'get cm,sa -A --sort-by=.metadata.name', 'get cm,sa --sort-by=.kind', 'get cm,sa --sort-by={.kind} -o wide', 'get ns --sort-by=.metadata.nope', 'get cm --sort-by=.metadata.nope', 'get pods --sort-by=.metadata.nope', 'get ns --sort-by={', 'get ns default --sort-by=.x', 'get ns --sort-by=.metadata.name', 'get ns --sort-by=.status.phase', 'get ns --sort-by=.x -o json', 'get cm,sa -n default --sort-by=.metadata.name -o name',
  'patch deploy web --patch-file=nofile', 'patch deploy web -p {} --patch-file=cm.yaml',
  ...['[{"op":"remove","path":"/n"}]', '[{"op":"remove","path":"/n/m"}]', '[{"op":"add","path":"/n/m","value":1}]', '[{"op":"replace","path":"/n/m","value":1}]', '[{"op":"replace","path":"/data/m","value":1}]', '[{"op":"move","from":"/n","path":"/x"}]', '[{"op":"copy","from":"/n/m","path":"/x"}]', '[{"op":"test","path":"/data/k","value":1}]', '[{"op":"nope","path":"/data/a","value":1}]', '[{"op":"add","value":1}]', '{"a":1}'].map((patch) => `patch --local -f cm.yaml --type=json -o json -p '${patch}'`),
] as const;

describeSame('what kubectl\'s commands do in their corners, beside upstream\'s', {
  name: 'corners',
  lines: [...typed, ...others],
  async setUp(comparison) {
    comparison.files({
      'cm.yaml': configMap('cm', 'k: v', 'a: b'), 'cm2.yaml': configMap('cm', 'j: w'), 'two.yaml': `${configMap('a', 'k: v', 'set: one')}---\n${configMap('b', '', 'set: one')}`, 'one.yaml': configMap('a', 'k: changed', 'set: one'), 'none.yaml': '# nothing\n', 'dep.yaml': deployment('replicas: 1, '), 'dep2.yaml': deployment(''), 'bad.yaml': 'apiVersion: v1\nkind: Nope\nmetadata: {name: x}\n',
    });
    for (const line of ['create deployment web --image=nginx', 'create role r --verb=get --resource=pods', 'create rolebinding rb --role=r --user=u', 'rollout status deploy/web']) await comparison.prepare(line);
  },
  sequences: {
    'what would be pruned, and other differences': [
      'apply -f two.yaml', 'diff -f one.yaml --prune', 'diff -f one.yaml --prune -l set=one', 'diff -f one.yaml --prune -l set=one --prune-allowlist=core/v1/ConfigMap', 'diff -f one.yaml --prune -l set=other --prune-allowlist=core/v1/Secret', 'diff -f one.yaml --prune --prune-allowlist=nope', 'diff -f two.yaml -l set=none', 'diff -f two.yaml -l set=one', 'diff -f one.yaml --server-side',
      'diff -f one.yaml --server-side --force-conflicts', 'diff -f one.yaml --force-conflicts', 'diff -f one.yaml --server-side --force-conflicts --show-managed-fields', 'diff -f none.yaml', 'diff -f nofile', 'diff -f two.yaml --concurrency=3',
    ],
    'what was applied in the client and is applied in the server': [
      'apply -f cm.yaml', 'apply -f cm2.yaml --server-side', 'get cm cm -o yaml --show-managed-fields', 'apply -f cm.yaml --server-side --dry-run=server -o yaml', 'apply -f cm.yaml --server-side', 'get cm cm -o yaml --show-managed-fields', 'apply -f cm2.yaml', 'get cm cm -o yaml --show-managed-fields', 'apply -f cm.yaml --server-side --field-manager=kubectl-client-side-apply', 'get cm cm -o yaml --show-managed-fields',
      'apply -f dep.yaml', 'apply -f dep2.yaml --server-side', 'get deploy d -o jsonpath={.spec.replicas}', 'apply -f dep.yaml --server-side --field-manager=mine --force-conflicts', 'get deploy d -o jsonpath={.metadata.managedFields[*].manager}',
    ],
    'what was applied last, as it is told': [
      'create -f cm.yaml', 'apply view-last-applied cm cm', 'apply -f cm2.yaml', 'apply view-last-applied cm cm', 'apply view-last-applied cm/cm -o json', 'apply view-last-applied cm cm -o xml', 'apply view-last-applied cm nope', 'apply view-last-applied', 'apply view-last-applied -f cm.yaml -f bad.yaml', 'apply set-last-applied -f bad.yaml', 'apply set-last-applied', 'apply set-last-applied -f cm.yaml --dry-run=client',
      'apply set-last-applied -f cm.yaml --dry-run=server -o name', 'apply set-last-applied -f cm.yaml -o yaml', 'apply edit-last-applied', 'apply edit-last-applied deploy',
    ],
    'what is patched and replaced': [
      'create -f dep.yaml', 'patch deploy d --subresource=scale --type=json -p \'[{"op":"replace","path":"/spec/replicas","value":2}]\'', 'patch deploy d --subresource=status --type=merge -p \'{"status":{"replicas":7}}\'', 'patch deploy d --subresource=nope -p {}', 'patch deploy d --type=strategic -p \'{"spec":{"template":{"spec":{"containers":[{"name":"c","$patch":"delete"},{"name":"n","image":"i"}]}}}}\'',
      'get deploy d -o jsonpath={.spec.template.spec.containers[*].name}', 'patch -f dep.yaml -p \'{"metadata":{"labels":{"q":"r"}}}\'', 'patch -f dep.yaml --local -p \'{"metadata":{"labels":{"q":"r"}}}\' -o yaml', 'patch deploy d --patch-file=cm.yaml', 'replace --force -f dep.yaml', 'replace --force -f bad.yaml', 'replace --force -f dep.yaml --cascade=orphan',
    ],
    // `auth whoami` tells the second in which it was asked.
    'what is made, as it is told': ['create deployment w --image=y -o json', 'set image deploy/w y=x -o json', 'set env deploy/w A=b -o yaml', 'run p --image=y -o json', 'expose deploy w --port=80 -o json', 'autoscale deploy w --max=3 -o json', 'create cm c --from-literal=a=b -o json', 'create deployment x --image=y --dry-run=server -o json', 'create deployment x --image=y --dry-run=server -o yaml', 'run x --image=y --dry-run=server -o json', 'auth whoami -o json', 'auth whoami -o kyaml'],
  },
});
