import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startSimulatedCluster } from '../clients/simulated-cluster.ts';
import { podOf } from '../conformance/world.ts';
import { pods } from '../../src/api/resources.ts';

const program = join(import.meta.dirname, '../../src/cmd/main.ts');

test('coxswain why: one object, everything, and what there is not', async () => {
  await using running = await startSimulatedCluster();
  const run = async (...line: string[]): Promise<string> => (await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...line, '--kubeconfig', running.kubeconfig])).stdout;
  const why = (...line: string[]): Promise<string> => run('why', ...line);
  const client = running.cluster.controlPlane.clients.administrator();
  await client.create(pods, podOf('default', 'moon', { spec: { serviceAccountName: 'default', schedulingGates: [{ name: 'example.com/wait' }] } }));
  const text = await why('po/moon');
  assert.match(text, /^pod\/moon in default\n {2}Pod moon is not to be scheduled yet: 1 scheduling gate holds it \(example\.com\/wait\)\./);
  assert.match(text, /pod\/moon was created by system:coxswain with coxswain/);
  assert.match(await why(), /pod\/moon in default/);
  assert.equal(await run('kubectl', 'why', 'pod', 'moon'), text);
  assert.equal(await run('kubectl', 'why', 'pods', '-n', 'kube-system'), 'All is well: 0 objects were looked at.\n');
  const data = JSON.parse(await why('pod', 'moon', '-o', 'json')) as { readonly kind: string; readonly well: boolean };
  assert.deepEqual([data.kind, data.well], ['Explanation', false]);
  await assert.rejects(why('nonsense/x'), /the server doesn't have a resource type "nonsense"/);
});
