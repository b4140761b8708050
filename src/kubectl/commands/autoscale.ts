import { parseQuantity, canonicalQuantity } from '../../api/meta/quantity.ts';
import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { groupVersionOf } from '../discovery/resource.ts';
import { KubectlError, throwAll } from '../errors.ts';
import { fileFlags, filesOf } from '../flags/common-flags.ts';
import { bool, int, text } from '../flags/flags.ts';
import { outputFlags } from '../printers/output.ts';
import type { AnyObject, Item } from '../resources/item.ts';
import { select } from '../resources/select.ts';
import { donePrinters } from '../writes/done-printer.ts';
import { withLastApplied } from '../writes/last-applied.ts';
import { recordFlag, recorded } from '../writes/record.ts';
import type { DryRun } from '../writes/write-flags.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag } from '../writes/write-flags.ts';
import { createObject } from '../writes/write-object.ts';

const flags = {
  ...fileFlags, ...outputFlags, ...dryRunFlag, ...recordFlag, ...fieldManagerFlag('kubectl-autoscale'),
  'cpu': text('Target CPU utilization over all the pods. When specified as a percentage (e.g."70%" for 70% of requested CPU) it will target average utilization. When specified as quantity (e.g."500m" for 500 milliCPU) it will target average value. Value without units is treated as milliCPU.'),
  'cpu-percent': int('The target average CPU utilization (represented as a percent of requested CPU) over all the pods.', { initial: -1, bits: 32, deprecated: 'Use --cpu with percentage or resource quantity format (e.g., \'70%\' for utilization or \'500m\' for milliCPU).' }),
  'max': int('The upper limit for the number of pods that can be set by the autoscaler. Required.', { initial: -1, bits: 32, required: true }),
  'memory': text('Target memory utilization over all the pods. When specified  as a percentage (e.g."60%" for 60% of requested memory) it will target average utilization. When specified as quantity (e.g."200Mi" for 200 MiB, "1Gi" for 1 GiB) it will target average value. Value without units is treated as mebibytes.'),
  'min': int('The lower limit for the number of pods that can be set by the autoscaler. If it\'s not specified or negative, the server will apply a default value.', { initial: -1, bits: 32 }),
  'name': text('The name for the newly created object. If not specified, the name of the input resource will be used.'),
  'save-config': bool('If true, the configuration of current object will be saved in its annotation.'),
} as const;

type AutoscaleCall = Call<typeof flags>;
type Target = { readonly type: 'Utilization'; readonly averageUtilization: number } | { readonly type: 'AverageValue'; readonly averageValue: string };

/** `70%`, `500m`, or a number of the unit that is usual for the resource. */
function targetOf(resource: 'cpu' | 'memory', written: string): Target {
  const value = written.trim();
  if (value === '') throw new KubectlError('empty input');
  if (value.endsWith('%')) {
    const percent = value.slice(0, -1);
    if (!/^\+?\d+$/.test(percent) || Number(percent) > 0x7fffffff) throw new KubectlError(`invalid percentage value: ${percent}`);
    return { type: 'Utilization', averageUtilization: Number(percent) };
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return { type: 'AverageValue', averageValue: canonicalQuantity(`${Number(value)}${resource === 'cpu' ? 'm' : 'Mi'}`) };
  try {
    parseQuantity(value);
  } catch (error) {
    throw new KubectlError(`invalid resource ${resource} value: ${value}`, { cause: error });
  }
  return { type: 'AverageValue', averageValue: canonicalQuantity(value) };
}

function check({ flags: { min, max, cpu, memory, 'cpu-percent': percent } }: AutoscaleCall): void {
  if (max < 1) throw new KubectlError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
  if (max < min) throw new KubectlError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
  if (percent > 0 && cpu !== '') throw new KubectlError('--cpu-percent and --cpu are mutually exclusive');
  if (cpu !== '') targetOf('cpu', cpu);
  if (memory !== '') targetOf('memory', memory);
}

function autoscalerOf({ flags: { name, min, max, cpu, memory, 'cpu-percent': percent } }: AutoscaleCall, item: Item, version: 'v1' | 'v2'): AnyObject {
  const resource = item.resource!;
  const metric = (of: 'cpu' | 'memory', target: Target): object => ({ resource: { name: of, target }, type: 'Resource' });
  const metrics = [...(percent > 0 ? [metric('cpu', { type: 'Utilization', averageUtilization: percent })] : []), ...(cpu === '' ? [] : [metric('cpu', targetOf('cpu', cpu))]), ...(memory === '' ? [] : [metric('memory', targetOf('memory', memory))])];
  return {
    apiVersion: `autoscaling/${version}`, kind: 'HorizontalPodAutoscaler', metadata: { name: name === '' ? item.name : name },
    spec: {
      maxReplicas: max, ...(version === 'v2' && metrics.length > 0 && { metrics }), ...(min > 0 && { minReplicas: min }),
      scaleTargetRef: { apiVersion: groupVersionOf(resource), kind: resource.kind, name: item.name },
      ...(version === 'v1' && percent >= 0 && { targetCPUUtilizationPercentage: percent }),
    },
    status: version === 'v2' ? { currentMetrics: null, desiredReplicas: 0 } : { currentReplicas: 0, desiredReplicas: 0 },
  };
}

async function create(call: AutoscaleCall, item: Item, { version, dryRun }: { readonly version: 'v1' | 'v2'; readonly dryRun: DryRun }): Promise<AnyObject> {
  const { session, flags: values } = call;
  const { name: namespace, explicit } = await session.namespace();
  const made = recorded(call, autoscalerOf(call, item, version));
  const placed = explicit ? { ...made, metadata: { ...made.metadata, namespace } } : made;
  if (dryRun === 'client') return placed;
  const resource = await (await session.mapper()).kind(`autoscaling/${version}`, 'HorizontalPodAutoscaler');
  if (resource === undefined) throw new KubectlError('the server could not find the requested resource');
  return createObject(await session.connection(), { resource, namespace, name: placed.metadata?.name ?? '', subresource: '' }, values['save-config'] ? withLastApplied(placed) : placed, { dryRun, fieldManager: values['field-manager'] });
}

/** Creates the autoscaler in v2, and where that does not succeed and v1 can say the same, in v1. */
async function autoscale(call: AutoscaleCall, item: Item, dryRun: DryRun): Promise<AnyObject> {
  const { resource } = item;
  if (!resource!.subresources.includes('scale')) throw new KubectlError(`cannot autoscale a ${resource!.kind}: could not find scale subresource for ${resource!.group}/${resource!.version}, Resource=${resource!.resource} in discovery information`);
  try {
    return await create(call, item, { version: 'v2', dryRun });
  } catch {
    const incompatible = 'failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: ';
    const { cpu, memory, 'cpu-percent': percent } = call.flags;
    if (cpu === '') throw new KubectlError(`${incompatible}empty input`);
    if (memory !== '' || (percent < 0 && targetOf('cpu', cpu).type !== 'Utilization')) throw new KubectlError(`${incompatible}%!w(<nil>)`);
    return create(call, item, { version: 'v1', dryRun });
  }
}

export default command({
  usage: 'autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]',
  description: `Creates an autoscaler that automatically chooses and sets the number of pods that run in a Kubernetes cluster. The command will attempt to use the autoscaling/v2 API first, in case of an error, it will fall back to autoscaling/v1 API.

 Looks up a deployment, replica set, stateful set, or replication controller by name and creates an autoscaler that uses the given resource as a reference.`,
  examples: `
    # Auto scale a deployment "foo", with the number of pods between 2 and 10, target CPU utilization at 80%
    kubectl autoscale deployment foo --min=2 --max=10 --cpu=80%

    # Auto scale a replication controller "foo", with the number of pods between 1 and 5, target memory at 500 mebibytes
    kubectl autoscale rc foo --max=5 --memory=500Mi`,
  flags,
  async run(call) {
    const { session, flags: values, args } = call;
    const dryRun = dryRunOf(values);
    check(call);
    const printer = (await donePrinters(session, values, dryRun, { typed: true }))(dryRun === 'client' ? 'created' : 'autoscaled');
    const selected = await select(session, { args, files: filesOf(values), continueOnError: true });
    const errors: Error[] = [];
    let count = 0;
    for await (const item of selected.visit()) {
      try {
        await session.io.stdout.write(printer.print(await autoscale(call, item, dryRun)));
        count++;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        errors.push(error);
      }
    }
    throwAll([...selected.errors, ...errors]);
    if (count === 0) throw new KubectlError('no objects passed to autoscale');
  },
});
