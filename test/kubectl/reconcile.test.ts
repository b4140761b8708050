import { test } from 'node:test';
import { describeSame } from './compare.ts';

const group = 'rbac.authorization.k8s.io';
const object = (kind: string, name: string, rest: string, { metadata = '', namespace = 'default' } = {}): string => `---\napiVersion: ${group}/v1\nkind: ${kind}\nmetadata: {name: ${name}${kind.startsWith('Cluster') ? '' : `, namespace: ${namespace}`}${metadata}}\n${rest}\n`;
const rule = (resources: string, verbs: string): string => `{apiGroups: [""], resources: [${resources}], verbs: [${verbs}]}`;
const role = (name: string, rules: string, metadata = '', kind = 'Role'): string => object(kind, name, `rules: [${rules}]`, { metadata });
const binding = (name: string, to: string, users: readonly string[], metadata = '', kind = 'RoleBinding'): string => object(kind, name, `roleRef: {apiGroup: ${group}, ${to}}\nsubjects: [${users.map((user) => `{kind: User, name: ${user}, apiGroup: ${group}}`).join(', ')}]`, { metadata });
const aggregated = (labels: readonly string[]): string => object('ClusterRole', 'sums', `aggregationRule: {clusterRoleSelectors: [${labels.map((label) => `{matchLabels: {${label}: "true"}}`).join(', ')}]}\nrules: []`);
const guarded = ', annotations: {rbac.authorization.kubernetes.io/autoupdate: "false"}';

const files = {
  'one/role.yaml': role('one', rule('pods', 'get')), 'one/binding.yaml': binding('one', 'kind: Role, name: one', ['u', 'v']),
  'more.yaml': role('one', rule('pods, services', 'get, list'), ', labels: {a: b}, annotations: {c: d}') + binding('one', 'kind: Role, name: one', ['v', 'w'], ', labels: {a: b}'),
  'less.yaml': role('one', rule('services', 'get')) + binding('one', 'kind: Role, name: one', ['w']),
  'other.yaml': binding('one', 'kind: ClusterRole, name: view', ['x']),
  'guarded.yaml': role('guarded', rule('pods', 'get'), guarded) + binding('guarded', 'kind: Role, name: guarded', ['u'], guarded), 'guarded-more.yaml': role('guarded', rule('secrets', 'get')) + binding('guarded', 'kind: Role, name: guarded', ['v']), 'guarded-other.yaml': binding('guarded', 'kind: ClusterRole, name: view', ['v']),
  'cluster.yaml': role('spread', `${rule('nodes', 'get')}, {nonResourceURLs: [/healthz], verbs: [get]}`, '', 'ClusterRole') + binding('spread', 'kind: ClusterRole, name: spread', ['u'], '', 'ClusterRoleBinding'), 'cluster-more.yaml': role('spread', `${rule('nodes', 'get, "*"')}, {nonResourceURLs: ["/healthz/*"], verbs: [get]}`, '', 'ClusterRole') + binding('spread', 'kind: ClusterRole, name: view', ['u'], '', 'ClusterRoleBinding'),
  'sums.yaml': aggregated(['a', 'b']), 'sums-other.yaml': aggregated(['b', 'c']), 'sums-none.yaml': role('sums', rule('pods', 'get'), '', 'ClusterRole'),
  'covered.yaml': role('covered', `${rule('"*"', '"*"')}`), 'covered-by.yaml': role('covered', `${rule('pods', 'get')}, ${rule('secrets', 'list')}`),
  'names.yaml': role('names', '{apiGroups: [apps], resources: [deployments], resourceNames: [a, b], verbs: [get]}'), 'names-more.yaml': role('names', '{apiGroups: [apps], resources: [deployments], resourceNames: [c], verbs: [get]}'),
  'list.yaml': `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: ${group}/v1, kind: ClusterRole, metadata: {name: listed}, rules: [${rule('pods', 'get')}]}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: skipped}}\n`,
  'accounts.yaml': object('RoleBinding', 'accounts', `roleRef: {apiGroup: ${group}, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: s, namespace: default}, {kind: Group, name: g, apiGroup: ${group}}]`),
  'empty.yaml': '', 'bad.yaml': role('bad', '{apiGroups: [""], resources: [pods]}', '', 'ClusterRole'), 'unknown.yaml': 'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\n',
  'kustom/kustomization.yaml': 'resources: [role.yaml]\nnamePrefix: k-\n', 'kustom/role.yaml': role('one', rule('pods', 'get')),
};

const rules = 'get role one -n default -o jsonpath={.rules}{.metadata.labels}{.metadata.annotations}';
const subjects = 'get rolebinding one -n default -o jsonpath={.roleRef}{.subjects}{.metadata.labels}';
const gone = 'delete role,rolebinding -n default one guarded covered names accounts --ignore-not-found -o name';

const sequences: Readonly<Record<string, readonly string[]>> = {
  'rules and subjects are added': ['auth reconcile -f one', 'auth reconcile -f more.yaml', rules, subjects, 'auth reconcile -f more.yaml', 'auth reconcile -f less.yaml', rules, subjects],
  'what is beyond goes away if it is said': ['auth reconcile -f more.yaml', 'auth reconcile -f less.yaml --remove-extra-permissions', rules, subjects, 'auth reconcile -f less.yaml --remove-extra-subjects', subjects, 'auth reconcile -f less.yaml --remove-extra-subjects --remove-extra-permissions -o jsonpath={.rules}{.subjects}'],
  'a binding to another role': ['auth reconcile -f one', 'auth reconcile -f other.yaml', subjects, 'auth reconcile -f other.yaml'],
  'what opts out': ['auth reconcile -f guarded.yaml', 'auth reconcile -f guarded-more.yaml', 'auth reconcile -f guarded-more.yaml --remove-extra-permissions --remove-extra-subjects', 'auth reconcile -f guarded-other.yaml', 'get role,rolebinding guarded -n default -o jsonpath={.items[*].rules}{.items[*].roleRef}{.items[*].subjects}'],
  'roles of the whole cluster': ['auth reconcile -f cluster.yaml', 'auth reconcile -f cluster-more.yaml', 'auth reconcile -f cluster-more.yaml --remove-extra-permissions', 'get clusterrole,clusterrolebinding spread -o jsonpath={.items[*].rules}{.items[*].roleRef}{.items[*].subjects}', 'auth reconcile -f list.yaml -o name', 'delete clusterrole,clusterrolebinding spread listed --ignore-not-found -o name'],
  'roles that are summed up': ['auth reconcile -f sums.yaml', 'auth reconcile -f sums-other.yaml', 'get clusterrole sums -o jsonpath={.aggregationRule}', 'auth reconcile -f sums-other.yaml --remove-extra-permissions', 'get clusterrole sums -o jsonpath={.aggregationRule}', 'auth reconcile -f sums-none.yaml', 'get clusterrole sums -o jsonpath={.aggregationRule}{.rules}', 'delete clusterrole sums -o name'],
  'rules that others cover': ['auth reconcile -f covered.yaml', 'auth reconcile -f covered-by.yaml', 'auth reconcile -f covered-by.yaml --remove-extra-permissions', 'auth reconcile -f covered.yaml', 'auth reconcile -f names.yaml', 'auth reconcile -f names-more.yaml', 'get role covered names -n default -o jsonpath={.items[*].rules}'],
  'subjects of other kinds': ['auth reconcile -f accounts.yaml', 'auth reconcile -f accounts.yaml', 'get rolebinding accounts -n default -o jsonpath={.subjects}'],
};

/*
 * Not the same, and why: bindings that the server refuses, whose result upstream's program shows nevertheless, as an
 * object that is not there (it ends with a panic).
 */
describeSame('kubectl auth reconcile, beside upstream\'s', {
  name: 'reconcile',
  lines: [
    'auth reconcile -f one', 'auth reconcile -f one/role.yaml -f one/binding.yaml --dry-run=client', 'auth reconcile -f one/role.yaml,one/binding.yaml', rules, subjects,
    'auth reconcile -f more.yaml --dry-run=client', 'auth reconcile -f more.yaml --dry-run', 'auth reconcile -f more.yaml --dry-run=server', 'auth reconcile -f more.yaml --dry-run=none --dry-run=client -o yaml', 'auth reconcile -f more.yaml --dry-run=x', 'auth reconcile -f less.yaml --remove-extra-permissions --dry-run=client', 'auth reconcile -f less.yaml --remove-extra-subjects --dry-run=client', 'auth reconcile -f less.yaml --remove-extra-subjects --remove-extra-permissions --dry-run=client -o json',
    'auth reconcile -f other.yaml --dry-run=client', 'auth reconcile -f other.yaml --dry-run=client -o yaml', 'auth reconcile -f nope.yaml -f more.yaml --dry-run=client', 'auth reconcile -f empty.yaml', 'auth reconcile -f bad.yaml', 'auth reconcile -f unknown.yaml', 'auth reconcile -k kustom --dry-run=client', 'auth reconcile -k kustom -f more.yaml', 'auth reconcile -f list.yaml --dry-run=client -o name', 'auth reconcile -f list.yaml --dry-run=client -o jsonpath={.metadata.name}',
    'auth reconcile -f one -R --dry-run=client -o go-template={{.kind}}', 'auth reconcile -f more.yaml -o nope', 'auth reconcile -f more.yaml --remove-extra-permissions=x', 'auth reconcile -f one/role.yaml --as=nobody', { line: 'auth reconcile -f - --dry-run=client', stdin: files['more.yaml'], title: 'auth reconcile of stdin' }, 'auth reconcile -f accounts.yaml --dry-run=client',
  ],
  async setUp(comparison) {
    comparison.files(files);
    await comparison.prepare('auth reconcile -f one');
  },
  more(comparisonOf) {
    // Not in a namespace of each program's own: the files name theirs.
    for (const [title, lines] of Object.entries(sequences)) {
      test(title, () => comparisonOf().sameOutcome(title, async (run) => {
        await comparisonOf().prepare(gone);
        const told: string[] = [];
        for (const line of lines) {
          const { code, stdout, stderr } = await run(line);
          told.push(`$ ${line}\n${stdout}${stderr}exit code ${code}\n`);
        }
        return { code: 0, stdout: told.join(''), stderr: '' };
      }));
    }
  },
});
