import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { findExecutable } from '../../src/host/capabilities.ts';
import { Sandbox } from './program.ts';

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';

/** A command that hides containerd from what follows it, in a mount namespace of its own; undefined when that cannot be. */
function withoutContainerd(): string[] | undefined {
  const containerd = findExecutable('containerd');
  if (containerd === undefined) return [];
  const hide = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', `mount --bind /dev/null ${containerd} && ! test -x ${containerd} && exec "$@"`, 'sh'];
  return spawnSync(hide[0]!, [...hide.slice(1), 'true']).status === 0 ? hide : undefined;
}

const hiding = isLinux && isRoot ? withoutContainerd() : undefined;
const cannotHide = hiding === undefined ? 'hiding a program from another needs root and mount namespaces' : false;

test('containers that are asked for and cannot be: what is missing, and what forbids its installation', { skip: cannotHide, timeout: 120_000 }, async () => {
  await using sandbox = new Sandbox();
  const up = sandbox.start(['up', '--runtime', 'containerd', '--no-install', '--port', '0', '--data-dir', sandbox.path('data')], { command: hiding! });
  assert.equal(await up.exit, 1);
  assert.match(up.stderr, /^error: missing on this machine: containerd[^\n]*; not installed: --no-install was given\n$/);
});

test('containers that cannot be and were not insisted on: a simulated node, and a word about it', { skip: cannotHide, timeout: 120_000 }, async () => {
  await using sandbox = new Sandbox();
  const up = sandbox.start(['up', '--no-install', '--port', '0', '--data-dir', sandbox.path('data')], { command: hiding! });
  await up.says(/Ctrl-C/);
  assert.match(up.stdout, /^! not installed: containerd[^\n]* \(--no-install was given\)$/m);
  assert.match(up.stdout, /^! no real containers here: missing on this machine: containerd[^\n]*\. The node is simulated: [^\n]*nothing is executed$/m);
  assert.match(up.stdout, /^✓ node ready in \d+ ms$/m);
  assert.equal(await up.stop(), 0);
});

const setpriv = findExecutable('setpriv');
/** As somebody who is not root. */
const nobody = isRoot ? [setpriv ?? 'setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'] : [];
const probe = nobody.length === 0 ? undefined : spawnSync(nobody[0]!, [...nobody.slice(1), process.execPath, '-e', '']);
const cannotDemote = probe !== undefined && probe.status !== 0 ? 'starting a program as somebody else needs setpriv and a Node.js that everybody may run' : false;

test('without root: a simulated node and a word about it; a low port and a foreign folder are refused', { skip: cannotDemote, timeout: 120_000 }, async () => {
  await using sandbox = new Sandbox();
  chmodSync(sandbox.folder, 0o777);
  mkdirSync(sandbox.path('mine'));
  if (isRoot) for (const path of [sandbox.home, sandbox.path('mine')]) chownSync(path, 65_534, 65_534);
  const up = sandbox.start(['up', '--port', '0', '--data-dir', sandbox.path('mine/data')], { command: nobody });
  await up.says(/Ctrl-C/);
  assert.match(up.stdout, /^! no real containers here: containers need root\. The node is simulated: [^\n]*nothing is executed$/m);
  assert.equal(await up.stop(), 0);

  mkdirSync(sandbox.path('theirs'), { mode: 0o700 });
  if (isRoot) {
    const denied = sandbox.start(['server', '--port', '0', '--data-dir', sandbox.path('theirs/data')], { command: nobody });
    assert.equal(await denied.exit, 1);
    assert.match(denied.stderr, /^error: cannot use the data directory [^\n]*: EACCES: permission denied[^\n]*; choose another with --data-dir\n$/);
    // A folder that can be entered but not written to.
    chmodSync(sandbox.path('theirs'), 0o755);
    const readOnly = sandbox.start(['server', '--port', '0', '--data-dir', sandbox.path('theirs')], { command: nobody });
    assert.equal(await readOnly.exit, 1);
    assert.match(readOnly.stderr, /^error: cannot use the data directory [^\n]*: EACCES: permission denied[^\n]*; choose another with --data-dir\n$/);
  }
  const low = sandbox.start(['server', '--port', '1', '--store', 'memory', '--data-dir', sandbox.path('mine/low')], { command: nobody });
  if (await Promise.race([low.exit, low.says(/Ctrl-C/).catch(() => low.exit)]) === 1) assert.equal(low.stderr, 'error: not allowed to listen on 127.0.0.1:1; choose a port above 1023 with --port\n');
  const image = sandbox.start(['image', 'ls', '--data-dir', sandbox.path('mine/data')], { command: nobody });
  assert.equal(await image.exit, 1);
  assert.match(image.stderr, /^error: there is no image store here: containers need root\n$/);
});
