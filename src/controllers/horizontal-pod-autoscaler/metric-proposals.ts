/** What each metric of an autoscaler proposes, with upstream's names and messages. */
import type { Selector } from '../../api/meta/labels.ts';
import { labelSelectorAsSelector } from '../../api/meta/labels.ts';
import type { QuantityFormat } from '../../api/meta/quantity.ts';
import { formatQuantity, milliValue } from '../../api/meta/quantity.ts';
import type { ContainerResourceMetricSource, ExternalMetricSource, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus, ObjectMetricSource, PodsMetricSource, ResourceMetricSource } from '../../api/types/autoscaling/v2.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { LabelSelector } from '../../api/types/meta/v1.ts';
import { messageOf } from '../common/errors.ts';
import type { MetricsClient } from './metrics-client.ts';
import { requestsOf } from './pod-requests.ts';
import type { Timing, Tolerances } from './replica-calculator.ts';
import { averageAgainst, dividedReplicas, podMetricReplicas, sharedReplicas, utilizationAgainst } from './replica-calculator.ts';

export interface Proposal {
  readonly replicas: number;
  /** The metric as events and conditions call it. */
  readonly name: string;
  readonly status: MetricStatus;
}

/** The reason of a metric whose type is none that there is. */
export const invalidMetricType = 'InvalidMetricSourceType';

/** A metric that cannot be used: what its event and condition say, and what the error of the whole computation says. */
export class MetricFailure extends Error {
  readonly reason: string;
  readonly detail: string;

  constructor(reason: string, detail: string, message: string) {
    super(message);
    this.name = 'MetricFailure';
    this.reason = reason;
    this.detail = detail;
  }
}

export interface ProposalContext {
  readonly metrics: MetricsClient;
  readonly namespace: string;
  /** Of the target's pods, and these. */
  readonly selector: Selector;
  readonly pods: readonly Pod[];
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly tolerances: Tolerances;
  readonly timing: Timing;
}

/** What one metric proposes. Rejects with MetricFailure. */
export async function proposalOf(spec: MetricSpec, context: ProposalContext): Promise<Proposal> {
  switch (spec.type) {
    case 'Resource':
      return failingAs('FailedGetResourceMetric', `failed to get ${spec.resource?.name} resource metric value`, () => resourceProposal(spec.resource!, context));
    case 'ContainerResource':
      return failingAs('FailedGetContainerResourceMetric', `failed to get ${spec.containerResource?.container} container metric value`, () => resourceProposal(spec.containerResource!, context));
    case 'Pods':
      return failingAs('FailedGetPodsMetric', 'failed to get pods metric value', () => podsProposal(spec.pods!, context));
    case 'Object':
      return failingAs('FailedGetObjectMetric', 'failed to get object metric value', () => objectProposal(spec.object!, context));
    case 'External':
      return failingAs('FailedGetExternalMetric', `failed to get ${spec.external?.metric.name} external metric value`, () => externalProposal(spec.external!, context));
    default: {
      const text = `unknown metric source type ${JSON.stringify(spec.type)}`;
      throw new MetricFailure(invalidMetricType, text, text);
    }
  }
}

/** An error that the whole computation words otherwise than the event. */
class Reworded extends Error {
  readonly prefix: string;

  constructor(prefix: string, cause: unknown) {
    super(messageOf(cause), { cause });
    this.prefix = prefix;
  }
}

async function failingAs(reason: string, prefix: string, propose: () => Promise<Proposal>): Promise<Proposal> {
  try {
    return await propose();
  } catch (error) {
    const detail = messageOf(error);
    throw new MetricFailure(reason, detail, `${prefix}: ${error instanceof Reworded ? `${error.prefix}: ` : ''}${detail}`);
  }
}

async function wrapped<T>(prefix: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    throw new Error(`${prefix}: ${messageOf(error)}`, { cause: error });
  }
}

/** A quantity of thousandths. */
function thousandths(value: number, format: QuantityFormat = 'DecimalSI'): string {
  return formatQuantity({ nanos: (Number.isFinite(value) ? BigInt(Math.trunc(value)) : 2n ** 63n - 1n) * 1_000_000n, format });
}

async function resourceProposal(source: ResourceMetricSource | ContainerResourceMetricSource, context: ProposalContext): Promise<Proposal> {
  const { name, target: { averageValue, averageUtilization } } = source;
  const container = 'container' in source ? source.container : undefined;
  const { pods, specReplicas: current, tolerances, timing } = context;
  if (averageValue === undefined && averageUtilization === undefined) throw new Error('invalid resource metric source: neither an average utilization target nor an average value (usage) target was set');
  const kind = averageValue === undefined ? 'utilization' : 'usage';
  return wrapped(`failed to get ${name} ${kind}`, async () => {
    const metrics = await wrapped(`unable to get metrics for resource ${name}`, () => context.metrics.resource(name, context.namespace, context.selector, container));
    const common = { pods, metrics, resource: name, current, tolerances, timing };
    const format = name === 'memory' ? 'BinarySI' : 'DecimalSI';
    if (averageValue !== undefined) {
      const target = milliValue(averageValue);
      const { replicas, average } = podMetricReplicas({ ...common, measure: averageAgainst(target), fallback: () => target });
      return { replicas, name: `${name} resource`, status: resourceStatus(source, { averageValue: thousandths(average, format) }) };
    }
    const target = averageUtilization!;
    let requests: ReadonlyMap<string, number> | undefined;
    // Requests are looked at only when there are metrics to compare them with.
    const known = (): ReadonlyMap<string, number> => (requests ??= requestsOf(pods, name, container));
    const { replicas, average, utilization } = podMetricReplicas({
      ...common,
      measure: (of) => utilizationAgainst(target, known())(of),
      fallback: (pod) => Math.trunc(((known().get(pod) ?? 0) * Math.max(100, target)) / 100),
    });
    const called = container === undefined ? 'resource' : 'container resource';
    return {
      replicas, name: `${name} ${called} utilization (percentage of request)`,
      status: resourceStatus(source, { averageValue: thousandths(average, format), ...(utilization !== undefined && { averageUtilization: utilization }) }),
    };
  });
}

function resourceStatus(source: ResourceMetricSource | ContainerResourceMetricSource, current: MetricValueStatus): MetricStatus {
  return 'container' in source
    ? { type: 'ContainerResource', containerResource: { name: source.name, container: source.container, current } }
    : { type: 'Resource', resource: { name: source.name, current } };
}

async function podsProposal({ metric, target }: PodsMetricSource, context: ProposalContext): Promise<Proposal> {
  const { pods, specReplicas: current, tolerances, timing } = context;
  const wanted = milliValue(target.averageValue ?? '0');
  const metrics = await wrapped(`unable to get metric ${metric.name}`, () => context.metrics.pods(metric.name, context.namespace, context.selector, labelSelectorAsSelector(metric.selector)));
  const { replicas, average } = podMetricReplicas({ pods, metrics, current, tolerances, timing, measure: averageAgainst(wanted), fallback: () => wanted });
  return { replicas, name: `pods metric ${metric.name}`, status: { type: 'Pods', pods: { metric, current: { averageValue: thousandths(average) } } } };
}

async function objectProposal({ metric, target, describedObject }: ObjectMetricSource, context: ProposalContext): Promise<Proposal> {
  const read = async (): Promise<number> => {
    try {
      return await context.metrics.object(metric.name, context.namespace, describedObject, labelSelectorAsSelector(metric.selector));
    } catch (error) {
      throw new Error(`unable to get metric ${metric.name}: ${messageOf(error)} on ${describedObject.kind} ${context.namespace}/${describedObject.name}`, { cause: error });
    }
  };
  const status = (current: MetricValueStatus): MetricStatus => ({ type: 'Object', object: { describedObject, metric, current } });
  switch (targetOf(target, 'object')) {
    case 'value': {
      const usage = await read();
      return { replicas: shared(usage, target.value!, context), name: `${describedObject.kind} metric ${metric.name}`, status: status({ value: thousandths(usage) }) };
    }
    case 'average': {
      const { replicas, average } = await rewording(`failed to get ${metric.name} object metric`, async () => divided(await read(), target.averageValue!, context));
      return { replicas, name: `external metric ${metric.name}(${formatSelector(metric.selector)})`, status: status({ averageValue: thousandths(average) }) };
    }
  }
}

async function externalProposal({ metric, target }: ExternalMetricSource, context: ProposalContext): Promise<Proposal> {
  const read = async (): Promise<number> => {
    const values = await wrapped(`unable to get external metric ${context.namespace}/${metric.name}/${formatSelector(metric.selector)}`, () => context.metrics.external(metric.name, context.namespace, labelSelectorAsSelector(metric.selector)));
    return values.reduce((sum, value) => sum + value, 0);
  };
  const name = `external metric ${metric.name}(${formatSelector(metric.selector)})`;
  const status = (current: MetricValueStatus): MetricStatus => ({ type: 'External', external: { metric, current } });
  switch (targetOf(target, 'external')) {
    case 'average': {
      const { replicas, average } = await rewording(`failed to get ${metric.name} external metric`, async () => divided(await read(), target.averageValue!, context));
      return { replicas, name, status: status({ averageValue: thousandths(average) }) };
    }
    case 'value': {
      const [replicas, usage] = await rewording(`failed to get external metric ${metric.name}`, async () => {
        const read_ = await read();
        return [shared(read_, target.value!, context), read_] as const;
      });
      return { replicas, name, status: status({ value: thousandths(usage) }) };
    }
  }
}

/** An object's target says by its type which of its values counts; of an external one the average does, where there is one. */
function targetOf({ type, value, averageValue }: MetricTarget, source: 'object' | 'external'): 'value' | 'average' {
  const [hasValue, hasAverage] = source === 'external' ? [value !== undefined, averageValue !== undefined] : [type === 'Value' && value !== undefined, type === 'AverageValue' && averageValue !== undefined];
  if (hasAverage) return 'average';
  if (hasValue) return 'value';
  throw new Error(`invalid ${source} metric source: neither a value target nor an average value target was set`);
}

async function rewording<T>(prefix: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    throw new Reworded(prefix, error);
  }
}

function shared(usage: number, target: string, { specReplicas, tolerances, pods }: ProposalContext): number {
  return sharedReplicas({ usage, target: milliValue(target), current: specReplicas, tolerances, pods });
}

function divided(usage: number, target: string, { statusReplicas, tolerances }: ProposalContext): ReturnType<typeof dividedReplicas> {
  return dividedReplicas({ usage, target: milliValue(target), current: statusReplicas, tolerances });
}

/** As Go prints a pointer to a selector. */
function formatSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value},`).join('');
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}
