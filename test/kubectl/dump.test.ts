import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Comparison } from './compare.ts';
import { describeSame } from './compare.ts';

const objects = `
apiVersion: v1
kind: Namespace
metadata: {name: dumped}
---
apiVersion: v1
kind: Pod
metadata: {name: talks, namespace: dumped, annotations: {coxswain.io/log: hello}}
spec: {initContainers: [{name: first, image: busybox}], containers: [{name: a, image: busybox}, {name: b, image: busybox}]}
---
apiVersion: v1
kind: Pod
metadata: {name: waits, namespace: dumped}
spec: {schedulingGates: [{name: example.com/gate}], containers: [{name: a, image: busybox}]}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: old, namespace: dumped}
spec: {replicas: 0, selector: {app: old}, template: {metadata: {labels: {app: old}}, spec: {containers: [{name: a, image: busybox}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: serves, namespace: dumped}
spec: {clusterIP: None, selector: {app: old}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: dumped}
spec: {replicas: 0, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, image: busybox}]}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: dumped}
spec: {selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}}, spec: {nodeSelector: {no: where}, containers: [{name: a, image: busybox}]}}}
`;

const event = `
apiVersion: v1
kind: Event
metadata: {name: told, namespace: dumped}
involvedObject: {kind: Pod, name: talks, namespace: dumped}
reason: Told
message: all is well
type: Normal
`;

/** Every file of a folder, by its path in it, with what it says. `named`: without that. */
function treeText(folder: string, named: boolean): string {
  if (!existsSync(folder)) return '';
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)).sort();
  return files.map((file) => `--- ${file.slice(folder.length)}\n${named ? '' : readFileSync(file, 'utf8')}`).join('');
}

/** What changes from one moment to the next, or from one run to the next, says nothing: a node tells of its images when it comes to it. */
const settled = (text: string): string => text.replaceAll(/^( +)"images": \[\n[^]*?\n\1\],\n/gm, '').replaceAll(/^( +)images:\n(?:\1(?:- | {2}).*\n)+/gm, '').replaceAll(/(resourceVersion"?: ")\d+/g, '$1VERSION').replaceAll(/((?:Time|Timestamp)"?: "?)\d{4}-[\d-]+T[\d:.]+Z/g, '$1TIME').replaceAll(/\.[0-9a-f]{16}\b/g, '.EVENT').replaceAll(/[0-9a-f]{64}/g, 'DIGEST').replaceAll(/("?Port"?: )\d{4,}/g, '$1PORT');

/** The line says the same, and the folder it writes is the same. */
async function sameTree(comparison: Comparison, line: string, { named = false } = {}): Promise<void> {
  const folder = join(comparison.folder, 'out');
  await comparison.sameOutcome(`${line}, and what it writes`, async (run) => {
    rmSync(folder, { recursive: true, force: true });
    const outcome = await run(line);
    return { ...outcome, stdout: settled(`${outcome.stdout}${treeText(folder, named)}`) };
  });
}

const lines = [
  '--namespaces=dumped', '--namespaces=dumped -o yaml', '-n dumped', '--namespaces=dumped --output-directory=-', '--namespaces=nope', '--namespaces=nope,none -o json', '--namespaces=nope --show-managed-fields',
  '-o name --namespaces=nope', '-o wide', '-o nope', '-o jsonpath={.items[*].metadata.name} --namespaces=dumped', '-o go-template={{.kind}} --namespaces=nope', '--as=nobody', 'x --namespaces=nope', '--nope', '--pod-running-timeout=0s --namespaces=nope', '--pod-running-timeout=x',
];

describeSame('kubectl cluster-info dump, beside upstream\'s', {
  name: 'dump',
  lines: [],
  async setUp(comparison) {
    await comparison.prepare('apply -f -', objects);
    await comparison.prepare('wait -n dumped --for=condition=Ready pod/talks');
    await comparison.prepare('wait -n dumped --for=condition=PodScheduled=False pod/waits');
    await comparison.prepare('wait -n dumped --for=jsonpath={.status.observedGeneration}=1 deploy/web ds/agent rc/old');
    await comparison.prepare('wait -n dumped --for=create cm/kube-root-ca.crt');
    // How many events there are by now is chance: one stays that is not.
    await comparison.prepare('wait -n dumped events --for=create --field-selector=involvedObject.fieldPath=spec.containers{b},reason=Started');
    await comparison.prepare('delete -n dumped events --all');
    await comparison.prepare('create -f -', event);
  },
  // Of all namespaces at once the names of the files: in that of the system things go on meanwhile.
  more(comparisonOf) {
    for (const line of lines) test(`cluster-info dump ${line}`, () => sameTree(comparisonOf(), `cluster-info dump ${line}`));
    for (const line of [
      '--namespaces=dumped', '--namespaces=dumped -o yaml', '--namespaces=dumped,nope -o json', '-n dumped', '-A', '-A --namespaces=nope', '--namespaces=nope', '--namespaces=dumped -o jsonpath={.items[*].metadata.name}',
    ]) test(`cluster-info dump ${line} into files`, () => sameTree(comparisonOf(), `cluster-info dump --output-directory=out ${line}`, { named: line.startsWith('-A') }));
  },
});
