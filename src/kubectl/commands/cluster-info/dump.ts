import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Namespace, Pod } from '../../../api/types/core/v1.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { bool, duration, list, text } from '../../flags/flags.ts';
import { noMatch, objectFormats, outputFlags, printerFor } from '../../printers/output.ts';
import type { AnyObject } from '../../resources/item.ts';

const { 'allow-missing-template-keys': allowMissing, 'show-managed-fields': showManagedFields, template } = outputFlags;

const flags = {
  'allow-missing-template-keys': allowMissing, 'show-managed-fields': showManagedFields, template,
  'all-namespaces': bool('If true, dump all namespaces.  If true, --namespaces is ignored.', { short: 'A' }),
  'namespaces': list('A comma separated list of namespaces to dump.'),
  'output': text(outputFlags.output.help, { short: 'o', initial: 'json' }),
  'output-directory': text('Where to output the files.  If empty or \'-\' uses stdout, otherwise creates a directory hierarchy in that directory'),
  'pod-running-timeout': duration('The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running', { initial: 20_000, text: '20s' }),
} as const;

/** What is dumped of a namespace: file, and path below the namespace's. */
const parts = [
  ['events', '/api/v1', 'events', 'EventList'], ['replication-controllers', '/api/v1', 'replicationcontrollers', 'ReplicationControllerList'], ['services', '/api/v1', 'services', 'ServiceList'],
  ['daemonsets', '/apis/apps/v1', 'daemonsets', 'DaemonSetList'], ['deployments', '/apis/apps/v1', 'deployments', 'DeploymentList'], ['replicasets', '/apis/apps/v1', 'replicasets', 'ReplicaSetList'], ['pods', '/api/v1', 'pods', 'PodList'],
] as const;

type Write = (file: string, content: string) => Promise<void>;

function writerFor({ session: { io }, flags: { 'output-directory': folder } }: Call<typeof flags>): Write {
  return async (file, content) => {
    if (folder === '' || folder === '-') return io.stdout.write(content);
    const path = resolve(io.folder, folder, file);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(path, content);
  };
}

async function logsOf({ session }: Call<typeof flags>, { metadata, spec }: Pod): Promise<string> {
  const connection = await session.connection();
  const [namespace, name] = [metadata.namespace ?? '', metadata.name ?? ''];
  let out = '';
  for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
    const text = await connection.text({ method: 'GET', path: `/api/v1/namespaces/${namespace}/pods/${name}/log?container=${container.name}` }).catch((error: unknown) => `Request log error: ${(error as Error).message}\n`);
    out += `==== START logs for container ${container.name} of pod ${namespace}/${name} ====\n${text}==== END logs for container ${container.name} of pod ${namespace}/${name} ====\n`;
  }
  return out;
}

async function run(call: Call<typeof flags>): Promise<void> {
  const { session, flags: values } = call;
  const { output } = values;
  const printer = await printerFor({ output, template: values.template, showManagedFields: values['show-managed-fields'], allowMissing: values['allow-missing-template-keys'], typed: true, io: session.io, allowed: objectFormats });
  if (printer === undefined) throw noMatch({ output, allowed: objectFormats });
  if (output === 'name') throw new KubectlError('list types are not supported by name printing: *v1.NodeList');
  if (values['pod-running-timeout'] <= 0) throw new KubectlError('--pod-running-timeout must be higher than zero');
  const ending = output === 'json' || output === 'yaml' ? output : 'txt';
  const connection = await session.connection();
  const write = writerFor(call);
  const get = (path: string): Promise<AnyObject & { items: unknown[] }> => connection.json({ method: 'GET', path });
  await write(`nodes.${ending}`, printer.print({ ...await get('/api/v1/nodes'), kind: 'NodeList', apiVersion: 'v1' }));
  const chosen = values.namespaces.length > 0 ? values.namespaces : ['kube-system', (await session.namespace()).name];
  const namespaces = values['all-namespaces'] ? ((await get('/api/v1/namespaces')).items as Namespace[]).map(({ metadata }) => metadata.name ?? '') : chosen;
  for (const namespace of namespaces) {
    let pods: Pod[] = [];
    for (const [file, root, resource, kind] of parts) {
      const found = await get(`${root}/namespaces/${encodeURIComponent(namespace)}/${resource}`);
      if (resource === 'pods') pods = found.items as Pod[];
      await write(join(namespace, `${file}.${ending}`), printer.print({ ...found, kind }));
    }
    for (const pod of pods) await write(join(namespace, pod.metadata.name ?? '', 'logs.txt'), await logsOf(call, pod));
  }
  if (values['output-directory'] !== '' && values['output-directory'] !== '-') await session.io.stdout.write(`Cluster info dumped to ${values['output-directory']}\n`);
}

export default command({
  usage: 'dump',
  description: 'Dump cluster information for debugging and diagnosing: nodes, and what the namespaces have, with the logs of their pods. Without --namespaces or --all-namespaces, those of the current namespace and of kube-system.',
  examples: `
    # To the terminal
    kubectl cluster-info dump

    # Into files, a folder for each namespace
    kubectl cluster-info dump --all-namespaces --output-directory=/tmp/cluster-state`,
  flags,
  run,
});
