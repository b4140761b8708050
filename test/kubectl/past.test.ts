import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { RealClock } from '../../src/base/real-clock.ts';
import { loopbackServerOf } from './loopback-kubeconfig.ts';
import { Comparison } from './compare.ts';

const clock = new RealClock();

/** The moment: later than all that has been written, and earlier than all that is written next. */
async function moment(): Promise<string> {
  const ms = clock.now() + 1;
  while (clock.now() <= ms) await new Promise((resolve) => { setImmediate(resolve); });
  return new Date(ms).toISOString();
}

describe('kubectl get and diff --at, which upstream does not have', () => {
  let cluster: Comparison;
  let [revision, time] = ['', ''];

  const printed = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster.ours(line);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, `kubectl ${line}`);
    return stdout;
  };
  const refused = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster.ours(line);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, `kubectl ${line}`);
    return stderr;
  };

  before(async () => {
    cluster = await Comparison.start('past');
    await cluster.prepare('create namespace past');
    for (const name of ['a', 'b']) await cluster.prepare(`create cm ${name} -n past --from-literal=k=before`);
    revision = (await printed('get cm b -n past -o jsonpath={.metadata.resourceVersion}')).trim();
    time = await moment();
    await cluster.prepare('patch cm a -n past -p \'{"data":{"k":"after"}}\'');
    await cluster.prepare('delete cm b -n past');
    await cluster.prepare('create cm c -n past --from-literal=k=new');
  });
  after(() => cluster[Symbol.asyncDispose]());

  test('an object, a list and a table at a revision and at a time', async () => {
    for (const at of [revision, time]) {
      assert.equal(await printed(`get cm a -n past -o jsonpath={.kind}:{.data.k} --at ${at}`), 'ConfigMap:before');
      assert.equal(await printed(`get cm a b -n past -o jsonpath={.items[*].metadata.name} --at ${at}`), 'a b');
      assert.equal(await printed(`get cm -n past -o name --at ${at} --chunk-size=1`), 'configmap/a\nconfigmap/b\nconfigmap/kube-root-ca.crt\n');
      assert.match(await printed(`get cm -n past --at ${at}`), /^NAME +DATA +AGE\na +1 +\S+\nb +1 +\S+\nkube-root-ca\.crt +1 +\S+\n$/);
      assert.match(await printed(`get cm b -n past --at ${at}`), /^NAME +DATA +AGE\nb +1 +\S+\n$/);
    }
    assert.equal(await printed('get cm -n past -o name --at 0s'), 'configmap/a\nconfigmap/c\nconfigmap/kube-root-ca.crt\n');
  });

  test('what was not there, and what cannot be asked for', async () => {
    assert.equal(await refused(`get cm c -n past --at ${revision}`), 'Error from server (NotFound): configmaps "c" not found\n');
    assert.match(await refused('get cm --at yesterday'), /^error: --at wants a revision, a time like .* not "yesterday"\n$/);
    assert.match(await refused('get cm --at 2020-01-01T00:00:00Z'), /^error: what there was at 2020-01-01T00:00:00.000Z is not known any more: the past is kept since \S+\n$/);
    assert.match(await refused('get cm --at 2999-01-01T00:00:00Z'), /is in the future/);
    assert.match(await refused('get cm -w --at 5'), /^error: --at shows the past, which does not change/);
    assert.match(await refused('get deploy x --subresource=scale --at 5'), /^error: --at cannot be used with --subresource/);
    assert.match(await refused(`get cm -n past --as=nobody --at ${time}`), /^error: the server does not know revisions by their times: .* you may not list/);
  });

  test('what has changed since', async () => {
    for (const at of [revision, time]) {
      const { code, stdout, stderr } = await cluster.ours(`diff cm -n past --at ${at}`);
      assert.deepEqual({ code, stderr }, { code: 1, stderr: '' });
      assert.deepEqual(stdout.split('\n').filter((line) => /^[-+] .*(?:before|after|new)|^[-+]  name:/.test(line)), ['-  k: before', '+  k: after', '-  k: before', '-  name: b', '+  k: new', '+  name: c']);
    }
    const unchanged = await cluster.ours(`diff cm kube-root-ca.crt -n past --at ${revision}`);
    assert.deepEqual(unchanged, { code: 0, stdout: '', stderr: '' });
    assert.match((await cluster.ours(`diff cm -n past --at ${revision} --server-side`)).stderr, /^error: --at compares with the past/);
  });

  test('a server that has forgotten, and one that is not ours', async () => {
    await using server = await loopbackServerOf(({ path }) => (path.startsWith('/why') ? { code: 404, body: '404 page not found' } : { code: 410, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Expired', code: 410, message: 'The resourceVersion for the provided list is too old.' } }));
    cluster.files({ elsewhere: server.kubeconfig });
    assert.equal(await refused('get pods --kubeconfig=elsewhere --at 7'), 'error: what there was at 7 is not kept any more (The resourceVersion for the provided list is too old): servers keep some minutes of history; try a later revision\n');
    assert.match(await refused('get pods --kubeconfig=elsewhere --at 1s'), /^error: the server does not know revisions by their times: it is not Coxswain/);
  });
});
