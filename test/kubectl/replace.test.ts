import { describeSame } from './compare.ts';

const configMap = (name: string, data: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {${data}}\n`;

const lines = [
  'replace', 'replace -f nope.yaml', 'replace -f cm.yaml --dry-run=client', 'replace -f cm2.yaml --dry-run=client -o yaml', 'replace -f cm2.yaml --dry-run=server', 'replace -f cmnew.yaml', 'replace -f cm.yaml --grace-period=5', 'replace -f cm.yaml --grace-period=0', 'replace -f cm.yaml --timeout=5s', 'replace -f cm.yaml --force --dry-run=client', 'replace -f cm.yaml --cascade=maybe', 'replace -f cm.yaml --cascade=false', 'replace --raw /x', 'replace --raw /x -f a -f b',
  'replace --raw /x -f http://a', 'replace --raw /api/v1/namespaces/default/configmaps/replaced -f raw.json', 'replace --raw /api/v1/namespaces/default/configmaps/nope -f raw.json', 'replace --raw x -f raw.json', 'replace --raw /x -f raw.json -o yaml', 'replace -f scale.json --subresource=scale', 'create --raw /api/v1/namespaces/default/configmaps?dryRun=All -f cmnew.yaml', 'create --raw /api/v1/namespaces/default/configmaps -f nope',
  'create --raw /api/v1/namespaces/default/configmaps', 'delete --raw /api/v1/namespaces/default/configmaps/nope', 'delete --raw /x -f a -f b', 'delete --raw /x -i', 'delete cm replaced --cascade=true --dry-run=client', 'delete cm replaced --cascade=orphan --dry-run=server', 'delete cm --all --field-selector=a=b', 'delete cm replaced --force --grace-period=3', 'delete cm replaced --force --dry-run=client', 'delete cm replaced --force --grace-period=0 --dry-run=server',
  'delete cm replaced --grace-period=0 --dry-run=client', 'delete cm replaced --now --dry-run=client -o name', 'delete cm nope nope2', 'delete cm nope --wait=false', 'delete node nope -n default', 'delete cm,secret replaced --dry-run=client', 'delete cm --field-selector=metadata.name=replaced --dry-run=client', 'delete cm -A --field-selector=metadata.name=replaced --dry-run=client', 'delete cm replaced -A', 'delete cm replaced -i --dry-run=client',
  'delete all --all --dry-run=client',
] as const;

describeSame('kubectl replace, delete and raw requests, beside upstream\'s', {
  name: 'replace',
  lines,
  async setUp(comparison) {
    comparison.files({
      'cm.yaml': configMap('replaced', 'a: "1"'), 'cm2.yaml': configMap('replaced', 'b: "2"'), 'cmnew.yaml': configMap('brandnew', ''), 'raw.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"replaced"},"data":{"raw":"1"}}',
      'scale.json': '{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web"},"spec":{"replicas":2}}',
    });
    for (const line of ['create deployment web --image=nginx', 'create -f cm.yaml', 'rollout status deploy/web']) await comparison.prepare(line);
  },
  sequences: {
    'what is replaced': ['create -f cm.yaml', 'replace -f cm2.yaml', 'get cm replaced -o jsonpath={.data}', 'replace -f cm.yaml --save-config', 'get cm replaced -o jsonpath={.metadata.annotations}', 'replace --force -f cm2.yaml', 'get cm replaced -o jsonpath={.data}', 'replace --force -f cm2.yaml --grace-period=0 -o name', 'create deployment web --image=nginx', 'delete cm replaced --wait=false', 'delete deploy web --cascade=foreground'],
  },
});
