import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parsePlainYaml } from './plain-yaml.ts';

const kubeconfig = `# of the cluster
apiVersion: v1
kind: Config
preferences: {}
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTg==
    server: https://127.0.0.1:6443
    insecure-skip-tls-verify: true
  name: "one"
contexts:
  - name: 'two'
    context:
      cluster: one
      user: u@x
users: []
current-context: arn:aws:eks:eu:12:cluster/x
limit: 12
nothing:
`;

test('what programs write is read as the whole parser reads it', () => {
  assert.deepEqual(parsePlainYaml(kubeconfig), parse(kubeconfig, { version: '1.1' }));
  assert.deepEqual(parsePlainYaml('a:\n- x\n- - y\n'), undefined);
});

test('whatever might mean something else is left to the whole parser', () => {
  for (const value of ['yes', 'Off', '012', '1.5', '1:30', '~', '"a\\n"', '\'it\'\'s\'', '|', '>-', '&a x', '*a', '!x y', '{a: b}', '[a]', 'a b', 'x # comment', '2020-01-01', 'a: b', '-1', '""x', '@x', '0x1f', '.5', '1e3', '0']) {
    const text = `k: ${value}\n`;
    const read = parsePlainYaml(text);
    if (read !== undefined) assert.deepEqual(read, parse(text, { version: '1.1' }), value);
  }
  for (const text of ['', 'a:\n\tb: c\n', '- a\n', 'a: b\n  c: d\n', 'a: b\na: c\n', 'a: b\n---\nc: d\n', '  a: b\n c: d\n', 'a\n', '{"a":1}', 'a:\n  b: c\n d: e\n', 'a: b\n  continued\n', '? a\n: b\n', '- a: 1\n  - b\n', 'a: "x\n  y"\n', '...\n', '%YAML 1.1\n']) {
    const read = parsePlainYaml(text);
    if (read !== undefined) assert.deepEqual(read, parse(text, { version: '1.1' }), text);
  }
  for (const value of ['yes', '0o17', '1.5', '|', '{a: b}', 'a b']) assert.equal(parsePlainYaml(`k: ${value}\n`), undefined, value);
});
