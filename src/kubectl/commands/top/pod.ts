import { parseTime } from '../../../api/meta/time.ts';
import { formatGoDuration } from '../../../base/go-duration.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { allNamespacesFlag, fieldSelectorFlag } from '../../flags/common-flags.ts';
import { bool } from '../../flags/flags.ts';
import { TabWriter } from '../../printers/tab-writer.ts';
import { usageError } from '../../usage-error.ts';
import type { Usage } from './usage.ts';
import { checkOrder, compareTexts, inOrder, metricsPath, requireMetrics, resourcesOf, sumOf, topFlags, usageText } from './usage.ts';

const flags = {
  ...topFlags('pod'), ...allNamespacesFlag, ...fieldSelectorFlag,
  containers: bool('If present, print usage of containers within a pod.'),
  sum: bool('Print the sum of the resource usage'),
} as const;

type PodCall = Call<typeof flags>;

const usage = 'pod [NAME | -l label]';
const titles: Readonly<Record<string, string>> = { cpu: 'CPU(cores)', memory: 'MEMORY(bytes)', swap: 'SWAP(bytes)' };
/** So long may it take until a pod that is new is measured. */
const delayMs = 120_000;

interface ContainerMetrics { readonly name: string; readonly usage: Usage }
interface PodMetrics { readonly metadata: { readonly name: string; readonly namespace: string }; readonly containers: readonly ContainerMetrics[] }

function usageOfPod({ containers }: PodMetrics, resources: readonly string[]): Usage {
  return Object.fromEntries(resources.map((resource) => [resource, sumOf(containers.map(({ usage: used }) => used), resource)]));
}

/** Why there are no metrics: nothing to measure, or not yet, or nobody measures. */
async function explainNone({ session, args: [name], flags: values }: PodCall, namespace: string, query: string): Promise<void> {
  const { io } = session;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const connection = await session.connection();
  const pods = name === undefined ? (await connection.json<{ readonly items: Pod[] }>({ method: 'GET', path: `${path}${query}` })).items : [await connection.json<Pod>({ method: 'GET', path: `${path}/${encodeURIComponent(name)}` })];
  if (pods.length === 0) return io.stderr.write(values['all-namespaces'] ? 'No resources found\n' : `No resources found in ${namespace} namespace.\n`);
  for (const { metadata } of pods) {
    const ageMs = io.clock.now() - (parseTime(metadata.creationTimestamp ?? '') ?? io.clock.now());
    if (ageMs > delayMs) throw new KubectlError(`Metrics not available for pod ${metadata.namespace ?? ''}/${metadata.name ?? ''}, age: ${formatGoDuration(ageMs)}`);
  }
  throw new KubectlError('metrics not available yet');
}

function table(metrics: readonly PodMetrics[], values: PodCall['flags']): string {
  const resources = resourcesOf(values);
  const out = new TabWriter();
  const cells = (used: Usage): string => resources.map((resource) => `${usageText(resource, used[resource] ?? '0')}\t`).join('');
  const namespaced = values['all-namespaces'];
  let columns = 1 + resources.length;
  if (!values['no-headers']) {
    out.write(`${namespaced ? 'NAMESPACE\t' : ''}${values.containers ? 'POD\t' : ''}NAME\t${resources.map((resource) => `${titles[resource]!}\t`).join('')}\n`);
    // As upstream, which counts these columns only when it prints their names.
    columns += Number(namespaced) + Number(values.containers);
  }
  const compareNames = (a: PodMetrics, b: PodMetrics): number => (namespaced ? compareTexts(a.metadata.namespace, b.metadata.namespace) : 0) || compareTexts(a.metadata.name, b.metadata.name);
  for (const pod of inOrder(metrics, { by: values['sort-by'], usageOf: (one) => usageOfPod(one, resources), compareNames })) {
    const before = namespaced ? `${pod.metadata.namespace}\t` : '';
    if (!values.containers) out.write(`${before}${pod.metadata.name}\t${cells(usageOfPod(pod, resources))}\n`);
    else for (const one of inOrder(pod.containers, { by: values['sort-by'], usageOf: ({ usage: used }) => used, compareNames: (a, b) => compareTexts(a.name, b.name) })) out.write(`${before}${pod.metadata.name}\t${one.name}\t${cells(one.usage)}\n`);
  }
  if (values.sum) {
    const total = Object.fromEntries(resources.map((resource) => [resource, sumOf(metrics.map((pod) => usageOfPod(pod, resources)), resource)]));
    out.write(`${'\t'.repeat(columns - 2)}________\t________\t\n${'\t'.repeat(columns - 3)}\t${cells(total)}\n`);
  }
  return out.flush();
}

async function run(call: PodCall): Promise<void> {
  const { session, args, flags: values, path } = call;
  if (args.length > 1) throw usageError(usage, path);
  const [name] = args;
  checkOrder(values);
  if (name !== undefined && (values.selector !== '' || values['field-selector'] !== '')) throw new KubectlError('only one of NAME or selector can be provided');
  const connection = await session.connection();
  await requireMetrics(session, values);
  const namespace = (await session.namespace()).name;
  const parameters = new URLSearchParams({ ...(values.selector !== '' && { labelSelector: values.selector }), ...(values['field-selector'] !== '' && { fieldSelector: values['field-selector'] }) }).toString();
  const query = parameters === '' ? '' : `?${parameters}`;
  const base = values['all-namespaces'] ? `${metricsPath}/pods` : `${metricsPath}/namespaces/${encodeURIComponent(namespace)}/pods`;
  const metrics = name === undefined ? (await connection.json<{ readonly items: PodMetrics[] }>({ method: 'GET', path: `${base}${query}` })).items : [await connection.json<PodMetrics>({ method: 'GET', path: `${base}/${encodeURIComponent(name)}` })];
  if (metrics.length === 0) return explainNone(call, namespace, query);
  await session.io.stdout.write(table(metrics, values));
}

export default command({
  usage,
  description: `Display resource (CPU/memory) usage of pods.

 A pod that is new may not have been measured yet for some minutes.`,
  examples: `
    # The pods of this namespace
    kubectl top pod

    # A pod, container by container
    kubectl top pod web-0 --containers

    # What the pods with a label use together
    kubectl top pod -l app=web --sum`,
  aliases: ['pods', 'po'],
  flags,
  run,
});
