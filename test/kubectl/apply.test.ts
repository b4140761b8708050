import { describeSame } from './compare.ts';

const configMap = (name: string, data: string, labels = ''): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {${labels}}}\ndata: {${data}}\n`;
const service = (port: number): string => `apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {clusterIP: ${port === 80 ? 'None' : '""'}, ports: [{port: ${port}}]}\n`;

const lines = [
  'apply --prune -f cm.yaml', 'apply --prune --all -l a=b -f cm.yaml', 'apply --prune --all --force -f cm.yaml', 'apply --prune --all --server-side -f cm.yaml', 'apply --prune --all --prune-allowlist=ConfigMap -f cm.yaml', 'apply --prune --all --prune-allowlist=core/v1/Nope -f cm.yaml', 'apply --prune -l a=b --prune-allowlist=core/v1/ConfigMap -f cm.yaml --dry-run=client', 'apply --force --server-side -f cm.yaml', 'apply --force --dry-run=server -f cm.yaml', 'apply -f cm.yaml --cascade=maybe', 'apply -f two.yaml --dry-run=client -o yaml', 'apply -f two.yaml --dry-run=client -o name', 'apply -f cm.yaml --dry-run=client -o json', 'apply -f cm.yaml --subresource=status', 'apply -f cm.yaml --applyset=x --prune', 'apply -f cm.yaml --validate=maybe', 'apply -f generated.yaml', 'apply -f unknown.yaml', 'apply -f unknown.yaml --validate=warn --dry-run=server', 'apply -f unknown.yaml --validate=ignore --dry-run=server', 'apply -f empty.yaml', 'apply -f list.json --dry-run=client', 'apply -R -f folder --dry-run=client', 'apply -f folder --dry-run=client', 'apply -f folder/none', 'apply -f cm.yaml -f two.yaml --dry-run=client', 'apply -f cm.yaml -l a=b --dry-run=client', 'apply -f cm.yaml -l a=other --dry-run=client',
  'apply view-last-applied', 'apply view-last-applied cm', 'apply view-last-applied cm applied', 'apply view-last-applied cm/applied -o json', 'apply view-last-applied cm/applied -o name', 'apply view-last-applied -f applied.yaml', 'apply view-last-applied cm bare', 'apply view-last-applied cm nope', 'apply view-last-applied cm -l x=y', 'apply view-last-applied cm --all',
  'apply set-last-applied', 'apply set-last-applied -f nope.yaml', 'apply set-last-applied -f applied.yaml --dry-run=client', 'apply set-last-applied -f bare.yaml', 'apply set-last-applied -f bare.yaml --create-annotation --dry-run=client', 'apply set-last-applied -f bare.yaml --create-annotation --dry-run=server -o name', 'apply set-last-applied -f cm.yaml', 'apply set-last-applied -f changed.yaml --dry-run=server -o jsonpath={.metadata.annotations}',
  'apply edit-last-applied cm bare', 'apply edit-last-applied cm nope', 'edit', 'edit cm nope', 'edit cm -l a=none', 'edit deploy', 'edit cm applied --output-patch', 'edit cm applied -o name',
] as const;

/** What an editor does to its last argument; `true` leaves it as it is. */
const editors: Readonly<Record<string, { readonly script: string; readonly lines: readonly string[] }>> = {
  'an edit that changes nothing': { script: 'true', lines: ['create -f applied.yaml', 'edit cm applied', 'edit cm/applied -o json'] },
  'an edit that empties the file': { script: ': > "$1"', lines: ['create -f applied.yaml', 'edit cm applied', 'get cm applied -o jsonpath={.data}'] },
  'an edit that is saved': { script: 'sed -i s/first/second/ "$1"', lines: ['create -f applied.yaml', 'edit cm applied', 'get cm applied -o jsonpath={.data}', 'edit cm applied', 'create -f two.yaml', 'edit cm a b applied', 'apply -f bare.yaml', 'edit -f bare.yaml --save-config'] },
  'an edit of several objects, told as patches': { script: 'sed -i s/k:/l:/ "$1"', lines: ['create -f two.yaml', 'edit cm a b --output-patch', 'get cm a b -o jsonpath={.items[*].data}'] },
  'an edit that is printed': { script: 'sed -i s/first/third/ "$1"', lines: ['create -f applied.yaml', 'edit cm applied -o json', 'get cm applied -o jsonpath={.data}', 'edit cm applied --validate=ignore'] },
  'an edit that the server refuses twice': { script: 'sed -i "s/replicas: 1/replicas: -1/" "$1"', lines: ['create deployment web --image=nginx', 'edit deploy web', 'get deploy web -o jsonpath={.spec.replicas}'] },
  'an edit whose field there is not': { script: 'sed -i "s/replicas: 1/replicaz: 1/" "$1"', lines: ['create deployment web --image=nginx', 'edit deploy web', 'get deploy web -o jsonpath={.spec.replicas}'] },
  'an edit of a name': { script: 'sed -i "s/name: applied/name: other/" "$1"', lines: ['create -f applied.yaml', 'edit cm applied'] },
  'an editor that fails': { script: 'exit 3', lines: ['create -f applied.yaml', 'edit cm applied'] },
  'an edit of what was applied last': { script: 'sed -i s/first/second/ "$1"', lines: ['apply -f applied.yaml', 'apply edit-last-applied cm applied', 'apply view-last-applied cm applied', 'get cm applied -o jsonpath={.data}'] },
  'an object that is edited before it is made': { script: 'sed -i s/first/second/ "$1"', lines: ['create -f applied.yaml --edit', 'get cm applied -o jsonpath={.data}', 'create cm other --from-literal=a=b', 'create -f two.yaml --edit'] },
  'an edit of a subresource': { script: 'sed -i "s/replicas: 1/replicas: 3/" "$1"', lines: ['create deployment web --image=nginx', 'edit deploy web --subresource=scale', 'get deploy web -o jsonpath={.spec.replicas}'] },
};

describeSame('kubectl apply and edit, beside upstream\'s', {
  name: 'apply',
  lines,
  async setUp(comparison) {
    comparison.files({
      'cm.yaml': configMap('cm', 'k: v', 'a: b'), 'two.yaml': `${configMap('a', 'k: v', 'set: one')}---\n${configMap('b', 'k: v', 'set: one')}`, 'one.yaml': configMap('a', 'k: v', 'set: one'), 'generated.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: g-}\n', 'unknown.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: u}\ndatta: {a: b}\n', 'empty.yaml': '# nothing\n',
      'list.json': '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"la"}},{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"lb"}}]}',
      'folder/b.yaml': configMap('fb', ''), 'folder/a.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fa"}}', 'folder/deep/c.yml': configMap('fc', ''), 'folder/note.txt': 'not one', 'applied.yaml': configMap('applied', 'word: first'), 'changed.yaml': configMap('applied', 'word: other'), 'bare.yaml': configMap('bare', 'word: first'), 's80.yaml': service(80), 's81.yaml': service(81),
    });
    comparison.files({ editor: '#!/bin/sh\nexit 1\n' });
    for (const line of ['apply -f applied.yaml', 'create -f bare.yaml']) await comparison.prepare(line);
  },
  sequences: {
    'what is pruned': ['apply -f two.yaml', 'apply -f one.yaml --prune -l set=one --prune-allowlist=core/v1/ConfigMap --dry-run=client', 'apply -f one.yaml --prune -l set=one --prune-allowlist=core/v1/ConfigMap --dry-run=server', 'apply -f one.yaml --prune -l set=one --prune-allowlist=core/v1/ConfigMap', 'get cm a b -o name'],
    'what is applied by force': ['apply -f s80.yaml', 'apply -f s81.yaml', 'apply -f s81.yaml --force', 'apply -f s81.yaml -o name', 'apply -f two.yaml -o jsonpath={.items[*].metadata.name}', 'apply -f cm.yaml --server-side', 'apply -f cm.yaml --server-side --field-manager=other', 'apply -f two.yaml --record'],
    'what is set to be applied last': ['create -f applied.yaml', 'apply set-last-applied -f applied.yaml', 'apply set-last-applied -f applied.yaml --create-annotation', 'apply view-last-applied cm/applied', 'apply set-last-applied -f changed.yaml', 'apply view-last-applied cm/applied -o json', 'apply -f applied.yaml'],
  },
  editors,
});
