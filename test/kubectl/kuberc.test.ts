import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeSame } from './compare.ts';

const head = 'apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n';
const usual = `${head}defaults:
- command: get
  options: [{name: output, default: wide}, {name: show-labels, default: "true"}]
- command: create service clusterip
  options: [{name: dry-run, default: client}]
- command: set env
  options: [{name: list, default: "true"}]
- command: nope
  options: []
aliases:
- name: getn
  command: get
  prependArgs: [nodes]
  options: [{name: output, default: name}]
- name: runx
  command: run
  appendArgs: [--, custom-arg]
  options: [{name: image, default: nginx}, {name: dry-run, default: client}, {name: output, default: yaml}]
- name: roll
  command: rollout
- name: get
  command: delete
`;

const files = {
  '.kube/kuberc': usual,
  'alpha': 'apiVersion: kubectl.config.k8s.io/v1alpha1\nkind: Preference\noverrides:\n- command: get\n  flags: [{name: output, default: name}]\naliases:\n- name: gn\n  command: get\n  prependArgs: [nodes]\n  flags: [{name: no-headers, default: "true"}]\n',
  'documents': `# others first\napiVersion: v1\nkind: ConfigMap\n---\n${head}aliases: [{name: gn, command: get, appendArgs: [nodes, -o, name]}]\n`,
  'empty': '', 'comment': '# nothing\n', 'other': 'apiVersion: v1\nkind: ConfigMap\n', 'broken': 'a: [b\n', 'boolean': `${head}defaults: [{command: get, options: [{name: show-labels, default: true}]}]\n`,
  'unknown': `${head}overrides: []\ndefaults: [{command: get, flags: [], options: [{name: output, default: name}]}]\n`,
  'dashes': `${head}defaults: [{command: get, options: [{name: --output, default: name}]}]\n`, 'aliasdashes': `${head}aliases: [{name: gn, command: get, options: [{name: -o, default: name}]}]\n`, 'badname': `${head}aliases: [{name: get-n, command: get}]\n`, 'twice': `${head}aliases: [{name: gn, command: get}, {name: gn, command: get}]\n`,
  'noflag': `${head}defaults: [{command: get, options: [{name: nope, default: a}]}]\n`, 'badvalue': `${head}defaults: [{command: get, options: [{name: show-labels, default: maybe}]}]\n`, 'nocommand': `${head}aliases: [{name: gn, command: nope nodes}]\n`, 'overridden': `${head}defaults: [{command: gn, options: [{name: output, default: name}]}]\naliases: [{name: gn, command: get, prependArgs: [nodes]}]\n`,
  'badpolicy': `${head}credentialPluginPolicy: Some\n`, 'noneed': `${head}credentialPluginPolicy: DenyAll\ncredentialPluginAllowlist: [{command: a}]\n`, 'nolist': `${head}credentialPluginPolicy: Allowlist\n`, 'emptylist': `${head}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: []\n`, 'emptyentry': `${head}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: a}, {}]\n`, 'unclean': `${head}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: /a/../b}]\n`,
  'lists': `${head}defaults: [{command: annotate, options: [{name: v, default: "0"}]}, {command: get, options: [{name: label-columns, default: "a,b"}, {name: selector, default: x=y}]}]\n`,
  'deny': `${head}credentialPluginPolicy: DenyAll\n`, 'allowall': `${head}credentialPluginPolicy: AllowAll\n`, 'allow': `${head}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{name: plugin}]\n`, 'allowother': `${head}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: other}]\n`,
};

/*
 * Not the same, and why: `kuberc` and an alias of a command with others below, called alone, which show help in words of
 * our own; a credential plugin that is not there, to which upstream adds how
 * to learn more; whoever answers no when preferences are offered, which ends upstream's program with a panic.
 */
const lines = [
  'get nodes', 'get nodes -o name', 'get nodes -oname', 'get no --output=name', 'get nodes --show-labels=false', 'get nodes --nope', 'get', 'getn', 'getn node-1', 'getn -o json', 'getn nope', 'getn --nope', 'getn -A', 'runx web', 'runx web --image=other', 'runx', 'roll status deploy/nope', 'roll nope', 'create service clusterip s --tcp=80', 'set env deploy/nope', 'nope', 'api-versions', 'config get-contexts -o name', '__complete getn ""', '__complete get nod',
  'get nodes --kuberc=alpha', 'gn --kuberc=alpha', 'gn --kuberc alpha', 'gn --kuberc=documents', 'get nodes --kuberc=empty -o name', 'get nodes --kuberc=lists', 'get nodes -L c -l kubernetes.io/os=linux --kuberc=lists',
  ...['nofile', 'comment', 'other', 'broken', 'boolean', 'unknown', 'dashes', 'aliasdashes', 'badname', 'twice', 'noflag', 'badvalue', 'badpolicy', 'noneed', 'nolist', 'emptylist', 'emptyentry', 'unclean', 'allowall'].map((file) => `get nodes -o name --kuberc=${file}`), 'get nodes --kuberc=badvalue', 'gn --kuberc=nocommand', 'gn --kuberc=overridden', 'get nodes --kuberc=', 'get nodes --kuberc',
  'kuberc nope', 'kuberc view', 'kuberc view -o json', 'kuberc view -o name', 'kuberc view -o kyaml', 'kuberc view -o jsonpath={.aliases[*].name}', 'kuberc view -o wide', 'kuberc view --kuberc=alpha', 'kuberc view --kuberc=allow', 'kuberc view --kuberc=allow -o json', 'kuberc view --kuberc=lists', 'kuberc view --kuberc=nofile', 'kuberc view x',
  'kuberc set', 'kuberc set --section=x', 'kuberc set --section=aliases', 'kuberc set --section=aliases --name=a', 'kuberc set --section=defaults', 'kuberc set --section=defaults --name=x', 'kuberc set --section=defaults --command=get --appendarg=x', 'kuberc set --section=defaults --command=get --option=x', 'kuberc set --section=defaults --command=get --option=x=y', 'kuberc set --section=aliases --name=getn --command=get', 'kuberc set --section=credentialplugin', 'kuberc set --section=credentialplugin --policy=x', 'kuberc set --section=credentialplugin --policy=DenyAll --allowlist-entry=command=a', 'kuberc set --section=credentialplugin --policy=Allowlist',
  'kuberc set --section=credentialplugin --policy=Allowlist --allowlist-entry=a --allowlist-entry=name=a --allowlist-entry=b=c,command=', 'kuberc set --section=defaults --command=get --kuberc=nofile',
] as const;

/** A file that `set` changes, and the lines that do so. */
const changes: readonly (readonly [before: string, line: string])[] = [
  ['', 'kuberc set --section defaults --command get --option output=wide --option --show-labels=true'],
  [usual, 'kuberc set --section defaults --command get --option output=json --overwrite'],
  [usual, 'kuberc set --section defaults --command get --overwrite'],
  ['', 'kuberc set --section defaults --command get'],
  [usual, 'kuberc set --section aliases --name getn --command get --prependarg pods --overwrite'],
  ['', 'kuberc set --section aliases --name runx --command run --option image=nginx --appendarg -- --appendarg custom-arg1 --prependarg a'],
  [usual, 'kuberc set --section credentialplugin --policy Allowlist --allowlist-entry command=a,command=/b/c'],
  [usual, 'kuberc set --section credentialplugin --policy DenyAll'],
  [files.alpha, 'kuberc set --section defaults --command get --option output=wide'],
];

/** With what the environment says. */
const environments: readonly (readonly [variables: Readonly<Record<string, string>>, lines: readonly string[]])[] = [
  [{ KUBERC: 'off' }, ['get nodes', 'getn', 'get nodes --kuberc=alpha', 'kuberc view', 'kuberc set --section=defaults --command=get']],
  [{ KUBERC: 'alpha' }, ['get nodes', 'gn', 'getn', 'gn --kuberc=documents']],
  [{ KUBERC: 'nofile' }, ['get nodes', 'kuberc view']],
  [{ KUBECTL_KUBERC: 'false' }, ['get nodes', 'getn', 'get nodes --kuberc=alpha', 'kuberc view', 'kuberc']],
];

describeSame('kubectl with preferences of its user, beside upstream\'s', {
  name: 'kuberc',
  lines,
  setUp(comparison) {
    comparison.files({ ...files, 'bin/plugin': '#!/bin/sh\necho \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"none"}}\'\n' });
    chmodSync(join(comparison.folder, 'bin/plugin'), 0o755);
    return Promise.resolve();
  },
  more(comparisonOf) {
    for (const [variables, those] of environments) {
      const what = Object.entries(variables).map(([name, value]) => `${name}=${value}`).join(' ');
      for (const line of those) {
        test(`${what} kubectl ${line}`, async () => {
          comparisonOf().variables = variables;
          try {
            await comparisonOf().same(line, { key: `${what} ${line}` });
          } finally {
            comparisonOf().variables = {};
          }
        });
      }
    }
    for (const [at, [before, line]] of changes.entries()) {
      test(`kubectl ${line}, in file ${at}`, async () => {
        const comparison = comparisonOf();
        await comparison.sameOutcome(`${line} ${at}`, async (run) => {
          comparison.files({ changed: before });
          const outcome = await run(`${line} --kuberc=changed`);
          return { ...outcome, stdout: outcome.stdout + readFileSync(join(comparison.folder, 'changed'), 'utf8') };
        });
      });
    }
    for (const [answer, title] of [['y\n', 'yes'], ['', 'nothing']] as const) {
      test(`preferences are offered to whoever has none, who says ${title}`, async () => {
        const comparison = comparisonOf();
        await comparison.sameOutcome(`offered: ${title}`, async (run) => {
          // Our program's home is where it is called.
          const kuberc = join(comparison.folder, '.kube', 'kuberc');
          const kept = readFileSync(kuberc);
          rmSync(kuberc);
          try {
            const first = await run('kuberc view', answer);
            const second = await run('kuberc view');
            return { code: first.code, stdout: `${first.stdout}\n${second.stdout}`.replaceAll(comparison.folder, 'HOME'), stderr: first.stderr };
          } finally {
            writeFileSync(kuberc, kept);
          }
        });
      });
    }
    for (const [kuberc, command] of [['deny', 'plugin'], ['allow', 'plugin'], ['allow', './bin/plugin'], ['allowother', 'plugin'], ['allowother', './bin/../bin/plugin'], ['allow', 'nothere'], ['allowall', 'plugin'], ['deny', './bin/plugin']] as const) {
      test(`the credential plugin ${command}, preferences ${kuberc}`, async () => {
        const comparison = comparisonOf();
        comparison.path = `${join(comparison.folder, 'bin')}:/usr/bin:/bin`;
        const config = JSON.parse((await comparison.ours('config view --raw --flatten -o json')).stdout) as { users: { user: object }[] };
        config.users[0]!.user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' } };
        comparison.files({ config: JSON.stringify(config) });
        await comparison.sameOutcome(`${kuberc} ${command}`, async (run) => {
          const outcome = await run(`get --raw=/version --kubeconfig=config --kuberc=${kuberc}`);
          return { ...outcome, stderr: outcome.stderr.replaceAll(comparison.folder, 'FOLDER') };
        });
      });
    }
  },
});
