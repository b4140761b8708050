import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCapSysResource, parseVersion } from './capabilities.ts';
import { containerdConfig } from './containerd-config.ts';
import { describeDeath } from './containerd-death.ts';
import { chainRemoval } from './firewall-cleanup.ts';
import { removeTree } from './mounts.ts';
import { hostPaths, readCgroupRoots, recordCgroupRoot } from './paths.ts';
import { runCommand } from './run-command.ts';

test('versions are found in what the tools print', () => {
  for (const [text, version] of [
    ['containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3', '1.6.20'],
    ['containerd github.com/containerd/containerd/v2 v2.1.4 75cb2b7193e4', '2.1.4'],
    ['containerd containerd.io 1.7.27 05044ec0a9a75232cad458027ca83437aae3f4da', '1.7.27'],
    ['runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1', '1.1.5'],
    ['nftables v1.0.6 (Lester Gooch #5)', '1.0.6'],
    ['iptables v1.8.9 (nf_tables)', '1.8.9'],
    ['nonsense', ''],
  ] as const) assert.equal(parseVersion(text), version, text);
});

test('CAP_SYS_RESOURCE is read from the effective set', () => {
  assert.equal(hasCapSysResource('CapPrm:\t000001ffffffffff\nCapEff:\t000001fffeffffff\n'), false);
  assert.equal(hasCapSysResource('CapEff:\t000001ffffffffff\n'), true);
  assert.equal(hasCapSysResource(''), false);
});

test('a long data directory gets its socket elsewhere', () => {
  assert.deepEqual([hostPaths('/var/lib/coxswain').socketPath, hostPaths('/var/lib/coxswain').shortDir], ['/var/lib/coxswain/containerd/containerd.sock', undefined]);
  const long = hostPaths(`/${'d'.repeat(120)}`);
  assert.match(long.socketPath, /^\/run\/coxswain-[0-9a-f]{12}\/containerd\.sock$/);
});

test('the configuration follows containerd\'s version', () => {
  const options = { paths: hostPaths('/data'), runcPath: '/usr/sbin/runc', cniBinDir: '/usr/lib/cni', snapshotter: 'overlayfs', restrictOomScoreAdj: true } as const;
  const old = containerdConfig({ ...options, containerdVersion: '1.6.20' });
  assert.match(old, /^version = 2$/m);
  assert.match(old, /^\[plugins\."io\.containerd\.grpc\.v1\.cri"\]\n {2}restrict_oom_score_adj = true$/m);
  assert.match(old, /^ {2}bin_dir = "\/usr\/lib\/cni"$/m);
  const recent = containerdConfig({ ...options, containerdVersion: '2.1.4' });
  assert.match(recent, /^version = 3$/m);
  assert.match(recent, /^\[plugins\."io\.containerd\.cri\.v1\.runtime"\]\n {2}restrict_oom_score_adj = true$/m);
  assert.match(recent, /^ {2}bin_dirs = \["\/usr\/lib\/cni"\]$/m);
});

test('chains of ours are removed with the jumps to them; others stay', () => {
  const saved = [
    '*filter', ':INPUT ACCEPT [0:0]', ':FORWARD DROP [0:0]', ':COX-FORWARD - [0:0]', ':DOCKER - [0:0]', '-A FORWARD -j COX-FORWARD', '-A FORWARD -j DOCKER', '-A COX-FORWARD -i cox0 -j ACCEPT', 'COMMIT',
    '*nat', ':OUTPUT ACCEPT [0:0]', ':DOCKER - [0:0]', 'COMMIT', '',
  ].join('\n');
  assert.equal(chainRemoval(saved, (chain) => chain.startsWith('COX-')), ['*filter', '-F COX-FORWARD', '-D FORWARD -j COX-FORWARD', '-X COX-FORWARD', 'COMMIT', ''].join('\n'));
  assert.equal(chainRemoval(saved, (chain) => chain.startsWith('NONE-')), '');
});

test('a tree is removed without following links', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cox-tree-'));
  mkdirSync(join(folder, 'keep'));
  writeFileSync(join(folder, 'keep', 'file'), '');
  mkdirSync(join(folder, 'go', 'deep'), { recursive: true });
  symlinkSync(join(folder, 'keep'), join(folder, 'go', 'deep', 'link'));
  assert.deepEqual(removeTree(join(folder, 'go')), []);
  assert.deepEqual([existsSync(join(folder, 'go')), existsSync(join(folder, 'keep', 'file'))], [false, true]);
  assert.deepEqual(removeTree(folder), []);
  assert.deepEqual(removeTree(folder), []);
  assert.equal(existsSync(folder), false);
});

test('top cgroups are remembered once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cox-cgroups-'));
  const paths = hostPaths(folder);
  mkdirSync(paths.containerdDir);
  for (const parent of ['/kubepods/burstable/podA', 'kubepods/podB', '/other/x', '/']) recordCgroupRoot(paths, parent);
  assert.deepEqual(readCgroupRoots(paths), ['kubepods', 'other']);
  removeTree(folder);
});

test('why containerd is gone is told by its end, the kernel and its own last words', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cox-death-'));
  const logFile = join(folder, 'log');
  writeFileSync(logFile, 'time="…" level=info msg="fine"\nfatal error: out of memory\n\ngoroutine 1:\nmain.main()\nmain.go:5\nmain.go:6\nmain.go:7\n');
  assert.deepEqual(describeDeath({ ended: 'killed by SIGKILL', killsBefore: 2, killsAfter: 3, logFile }), {
    ended: 'killed by SIGKILL', outOfMemoryKillsMeanwhile: 1, lastWords: ['fatal error: out of memory', 'goroutine 1:', 'main.main()', 'main.go:5', 'main.go:6'], log: logFile,
  });
  writeFileSync(logFile, 'level=info msg=one\nlevel=error msg=two\n');
  assert.deepEqual(describeDeath({ ended: undefined, killsBefore: undefined, killsAfter: 3, logFile }), { ended: 'unknown: it was started by an earlier run', lastWords: ['level=info msg=one', 'level=error msg=two'], log: logFile });
  removeTree(folder);
});

test('commands never reject', async () => {
  assert.deepEqual(await runCommand('cat', [], { input: 'x' }), { exitCode: 0, stdout: 'x', stderr: '' });
  assert.equal((await runCommand('/no/such/program', [])).exitCode, 127);
});
