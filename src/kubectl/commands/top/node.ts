import { milliValue } from '../../../api/meta/quantity.ts';
import type { Node } from '../../../api/types/core/v1.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { bool } from '../../flags/flags.ts';
import { TabWriter } from '../../printers/tab-writer.ts';
import { usageError } from '../../usage-error.ts';
import type { Usage } from './usage.ts';
import { checkOrder, compareTexts, inOrder, metricsPath, requireMetrics, resourcesOf, topFlags, usageText } from './usage.ts';

const flags = { ...topFlags('node'), 'show-capacity': bool('Print node resources based on Capacity instead of Allocatable(default) of the nodes.') } as const;

const usage = 'node [NAME | -l label]';
const titles: Readonly<Record<string, string>> = { cpu: 'CPU(cores)\tCPU(%)', memory: 'MEMORY(bytes)\tMEMORY(%)', swap: 'SWAP(bytes)\tSWAP(%)' };

interface NodeMetrics { readonly metadata: { readonly name: string }; readonly usage: Usage }

const unknownCells = '<unknown>\t<unknown>\t';

/** A line of the table. */
function line(name: string, used: Usage, available: Usage, resources: readonly string[]): string {
  const cells = resources.map((resource) => {
    if (resource === 'swap' && available[resource] === undefined) return unknownCells;
    const quantity = used[resource] ?? '0';
    const whole = available[resource];
    const share = whole === undefined ? '' : `${milliValue(whole) === 0 ? 0 : Math.trunc((milliValue(quantity) / milliValue(whole)) * 100)}%\t`;
    return `${usageText(resource, quantity)}\t${share}`;
  });
  return `${name}\t${cells.join('')}\n`;
}

async function run({ session, args, flags: values, path }: Call<typeof flags>): Promise<void> {
  if (args.length > 1) throw usageError(usage, path);
  const [name] = args;
  checkOrder(values);
  if (name !== undefined && values.selector !== '') throw new KubectlError('only one of NAME or --selector can be provided');
  const connection = await session.connection();
  await requireMetrics(session, values);
  const query = values.selector === '' ? '' : `?${new URLSearchParams({ labelSelector: values.selector }).toString()}`;
  const get = async <T>(of: string): Promise<T[]> => (name === undefined ? (await connection.json<{ readonly items: T[] }>({ method: 'GET', path: `${of}${query}` })).items : [await connection.json<T>({ method: 'GET', path: `${of}/${encodeURIComponent(name)}` })]);
  const metrics = await get<NodeMetrics>(`${metricsPath}/nodes`);
  if (metrics.length === 0) throw new KubectlError('metrics not available yet');
  const available = new Map((await get<Node>('/api/v1/nodes')).map(({ metadata, status }) => {
    const swap = status?.nodeInfo?.swap?.capacity;
    return [metadata.name ?? '', { ...(values['show-capacity'] ? status?.capacity : status?.allocatable), ...(swap !== undefined && { swap: String(swap) }) } as Usage];
  }));
  const resources = resourcesOf(values);
  const out = new TabWriter();
  if (!values['no-headers']) out.write(`NAME\t${resources.map((resource) => titles[resource]!).join('\t')}\t\n`);
  for (const one of inOrder(metrics, { by: values['sort-by'], usageOf: ({ usage: used }) => used, compareNames: (a, b) => compareTexts(a.metadata.name, b.metadata.name) })) {
    out.write(line(one.metadata.name, one.usage, available.get(one.metadata.name) ?? {}, resources));
    available.delete(one.metadata.name);
  }
  for (const left of available.keys()) out.write(`${left}\t${resources.map(() => unknownCells).join('')}\n`);
  await session.io.stdout.write(out.flush());
}

export default command({
  usage,
  description: 'Display resource (CPU/memory) usage of nodes.',
  examples: `
    # All nodes
    kubectl top node

    # One of them
    kubectl top node worker-1`,
  aliases: ['nodes', 'no'],
  flags,
  run,
});
