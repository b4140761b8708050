import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Sandbox } from './program.ts';

const commands = ['up', 'server', 'apiserver', 'scheduler', 'controller-manager', 'kubelet', 'proxy', 'dns', 'reset', 'image', 'image load', 'image ls'];

test('--help of every command tells its flags and, for what runs, an example', { timeout: 60_000 }, async () => {
  await using sandbox = new Sandbox();
  const overview = await sandbox.run(['--help']);
  assert.equal(overview.code, 0);
  assert.match(overview.stdout, /Examples:\n {2}coxswain up /);
  for (const [index, { code, stdout, stderr }] of (await Promise.all(commands.map((command) => sandbox.run([...command.split(' '), '--help'])))).entries()) {
    const command = commands[index]!;
    assert.equal(code, 0, command);
    assert.equal(stderr, '', command);
    assert.match(stdout, new RegExp(`^Usage: coxswain ${command} `), command);
    assert.match(overview.stdout, new RegExp(`^ {2}${command.split(' ')[0]} `, 'm'), command);
    if (index < 8) assert.match(stdout, new RegExp(`\nExamples?:\n {2}coxswain ${command} `), command);
    assert.ok(!stdout.includes('\u001b'), command);
  }
  const version = await sandbox.run(['--version']);
  assert.match(version.stdout, /^coxswain \d+\.\d+\.\d+ \(Kubernetes v1\.36\)\n$/);
});

describe('a wrong command line is refused in one line, with 2', () => {
  for (const [args, message] of [
    [['up', '--bogus'], 'unknown option \'--bogus\'; see --help'],
    [['up', '--prt', '1'], 'unknown option \'--prt\' (Did you mean --port?); see --help'],
    [['upp'], 'unknown command \'upp\' (Did you mean up?); see --help'],
    [['up', 'extra'], 'too many arguments for \'up\'. Expected 0 arguments but got 1; see --help'],
    [['up', '--port'], 'option \'--port <port>\' argument missing; see --help'],
    [['server', '--port', '65536'], '--port: wants a whole number from 0 to 65535, not "65536"'],
    [['server', '--store', 'etcd'], '--store: wants one of sqlite, memory, not "etcd"'],
    [['server', '--service-cidr', '10.96.0.0'], '--service-cidr: wants a range of IPv4 (from /8 to /28) or of IPv6 (from /108 to /124), or one of each, such as 10.0.0.0/16,fd00::/124, not "10.96.0.0"'],
    [['server', '--authorization-mode', 'RBAC,Sometimes'], '--authorization-mode: wants some of Node, RBAC, Webhook, AlwaysAllow, AlwaysDeny, separated by commas, not "Sometimes"'],
    [['up', '--runtime', 'docker'], '--runtime: wants one of auto, containerd, simulated, none, not "docker"'],
    [['up', '--nodes', 'many'], '--nodes: wants a whole number from 0 to 10000, not "many"'],
    [['scheduler'], 'required option \'--kubeconfig <file>\' not specified; see --help'],
    [['kubelet', '--kubeconfig', 'x', '--runtime', 'docker'], 'option \'--runtime <kind>\' argument \'docker\' is invalid. Allowed choices are containerd, simulated; see --help'],
    [['dns', '--kubeconfig', 'x', '--port', '-1'], 'option \'--port <port>\' argument \'-1\' is invalid. It wants a whole number from 0 to 65535, not "-1"; see --help'],
    [['dns', '--kubeconfig', 'x', '--listen', 'here'], 'option \'--listen <ip>\' argument \'here\' is invalid. It wants an IP address, not "here"; see --help'],
    [['scheduler', '--kubeconfig', 'x', '--leader-elect', 'no'], 'option \'--leader-elect <yes>\' argument \'no\' is invalid. It wants true or false; see --help'],
  ] as const) {
    test(args.join(' '), { timeout: 120_000 }, async () => {
      await using sandbox = new Sandbox();
      const { code, stdout, stderr } = await sandbox.run(args);
      assert.equal(stderr, `error: ${message}\n`);
      assert.equal(stdout, '');
      assert.equal(code, 2);
    });
  }
});

test('settings from a file: used, beaten by flags, refused when unknown or unreadable', { timeout: 120_000 }, async () => {
  await using sandbox = new Sandbox();
  const file = sandbox.path('config.yaml');
  const refusal = async (text: string): Promise<string> => {
    writeFileSync(file, text);
    const { code, stderr } = await sandbox.run(['server', '--config', file]);
    assert.equal(code, 1);
    return stderr;
  };
  assert.match(await refusal('prot: 1\n'), /^error: --config .*: unknown setting "prot"; known are .*port.*\n$/);
  assert.match(await refusal('port: [\n'), /^error: --config [^\n]*\n$/);
  assert.match(await refusal('- port\n'), /^error: --config .*: wants a map of settings\n$/);
  assert.match(await refusal('port: high\n'), /^error: port in the config file: wants a whole number from 0 to 65535, not "high"\n$/);
  const missing = await sandbox.run(['server', '--config', sandbox.path('none.yaml')]);
  assert.match(missing.stderr, /^error: --config .*no such file.*\n$/);

  writeFileSync(file, `port: 1\nstore: memory\ndata-dir: ${sandbox.path('data')}\n`);
  const server = sandbox.start(['server', '--config', file, '--port', '0']);
  await server.says(/Ctrl-C stops it/);
  assert.match(server.stdout, new RegExp(`kubeconfig: ${sandbox.path('data')}/admin.kubeconfig`));
  assert.equal(await server.stop('SIGINT'), 0);
  assert.ok(!server.stdout.includes('\u001b'), 'colours are for terminals');
  assert.match(server.stdout, /stopping\n✓ stopped\n$/);
});

test('addresses that cannot be listened on', { timeout: 120_000 }, async () => {
  await using sandbox = new Sandbox();
  const holder = createServer();
  await new Promise<void>((resolve) => { holder.listen(0, '127.0.0.1', resolve); });
  const { port } = holder.address() as AddressInfo;
  const data = ['--store', 'memory', '--data-dir', sandbox.path('data')];
  try {
    const used = await sandbox.run(['server', '--port', String(port), ...data]);
    assert.equal(used.stderr, `error: 127.0.0.1:${port} is in use by another program; stop it, or choose another port with --port (0: any free one)\n`);
    assert.equal(used.code, 1);
  } finally {
    holder.close();
  }
  const foreign = await sandbox.run(['server', '--port', '0', '--bind-address', '192.0.2.1', ...data]);
  assert.equal(foreign.stderr, 'error: this machine has no address 192.0.2.1; choose another with --bind-address\n');
  // What could not start has left nothing that stands in the way of the next try.
  const next = sandbox.start(['server', '--port', '0', ...data]);
  await next.says(/Ctrl-C/);
  assert.equal(await next.stop(), 0);
});

test('a token file that is missing or wrong', { timeout: 120_000 }, async () => {
  await using sandbox = new Sandbox();
  const args = ['server', '--port', '0', '--store', 'memory', '--data-dir', sandbox.path('data'), '--token-auth-file', sandbox.path('tokens.csv')];
  const missing = await sandbox.run(args);
  assert.match(missing.stderr, /^error: --token-auth-file: ENOENT: .*\n$/);
  writeFileSync(sandbox.path('tokens.csv'), 'only-a-token\n');
  const short = await sandbox.run(args);
  assert.match(short.stderr, /^error: [^\n]*token[^\n]*\n$/);
  assert.equal(short.code, 1);
});
