import { describeSame } from './compare.ts';

const broken = 'apiVersion: v1\nkind: Config\n  contexts: [\n';
const dangling = JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'x', contexts: [{ name: 'x', context: { cluster: 'nope', user: 'nope' } }], clusters: [], users: [] });
const unreachable = JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'x', contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }], clusters: [{ name: 'x', cluster: { server: 'http://127.0.0.1:1' } }], users: [{ name: 'x', user: {} }] });

/*
 * Not the same, and why: malformed YAML and JSON are told with file, line and what is wrong, which upstream's Go words
 * otherwise; a server that is not reached is told alike by every command, where `apply` and `api-versions` of upstream's
 * speak of what they wanted from it; a certificate that is not there is told with its whole path; upstream's own log
 * (`E1126 … memcache.go`) is left out.
 */

/** What people do wrong, and what is said of it: one message, exit code 1, as upstream's. */
const lines = [
  'gett pods', 'git pods', 'lable pods x a=b', 'descirbe pods', 'rollout stats', 'create secrets', 'config viev', 'nopenope', 'get pods --outputt=x', 'get pods --namspace=x', 'get pods -Z', 'delete', 'apply', 'exec', 'logs', 'get pods -o', 'get pods --sort-by', 'create deployment', 'rollout undo', 'top-secret',
  'get pods --kubeconfig=nowhere', 'get pods --kubeconfig=dangling', 'get pods --kubeconfig=unreachable', 'get pods --context=nope', 'get pods --cluster=nope', 'get pods --user=nope', 'get pods --server=http://127.0.0.1:1', 'get pods --server=127.0.0.1:1', 'get pods --request-timeout=x',
  'apply -f nowhere.yaml', 'create -f folder', 'create -f pod.yaml -f nowhere.yaml', 'create -f list.yaml', 'create -f noversion.yaml', 'create -f unnamed.yaml', 'create -f typo.yaml', 'create -f typo.yaml --validate=ignore --dry-run=server', 'create -f typo.yaml --validate=warn --dry-run=server', 'create -f text.yaml', 'create -f empty.yaml', 'delete -f empty.yaml',
  { line: 'create -f -', stdin: '' }, { line: 'create -f -', stdin: 'kind: Pod\n' },
] as const;

describeSame('mistakes, told as upstream\'s kubectl tells them', {
  name: 'mistakes',
  lines,
  setUp(comparison) {
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{name: a, image: nginx}]}\n';
    comparison.files({
      broken, dangling, unreachable, 'pod.yaml': pod, 'folder/note.txt': 'x', 'list.yaml': '- a\n- b\n', 'noversion.yaml': 'kind: Pod\nmetadata: {name: x}\n', 'unnamed.yaml': 'apiVersion: v1\nkind: Pod\nspec: {}\n',
      'typo.yaml': pod.replace('image:', 'imgae:'), 'text.yaml': 'just text\n', 'empty.yaml': '# nothing\n',
    });
    return Promise.resolve();
  },
});
