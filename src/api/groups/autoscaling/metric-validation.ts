/** What a metric that scales pods must say. */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { compareQuantity } from '../../meta/quantity.ts';
import { dns1123Label, pathSegment } from '../../meta/validation.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import { validateContainerResourceName } from '../../pod/validation/validate-resources.ts';
import type { CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricTarget } from '../../types/autoscaling/v2.ts';

type Errors = FieldError[];
type Target = Loose<MetricTarget>;

const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
/** The field of each type, in the order in which upstream looks at them. */
const fields = { object: 'Object', external: 'External', pods: 'Pods', resource: 'Resource', containerResource: 'ContainerResource' } as const;

/** Which API versions a reference may name. What stood there before these rules did is let be. */
export interface ReferenceOptions {
  readonly anyVersion: boolean;
  readonly coreGroup: boolean;
}

/** What is wrong with the API version of a reference; empty when nothing is. */
export function apiVersionError(apiVersion: string, { anyVersion, coreGroup }: ReferenceOptions): string {
  if (anyVersion) return '';
  const slashes = apiVersion.split('/').length - 1;
  if (slashes > 1) return `unexpected GroupVersion string: ${apiVersion}`;
  return !coreGroup && (slashes === 0 || apiVersion.startsWith('/')) ? 'apiVersion must specify API group' : '';
}

function addName(errors: Errors, path: string, name: string, detail = ''): void {
  if (name === '') errors.push(required(path, detail));
  else addInvalid(errors, path, name, pathSegment(name));
}

/** An object of another kind: what is scaled, or what a metric describes. */
export function addReference(errors: Errors, path: string, { kind = '', name = '', apiVersion = '' }: Loose<CrossVersionObjectReference> = {}, options: ReferenceOptions): void {
  addName(errors, `${path}.kind`, kind);
  addName(errors, `${path}.name`, name);
  const wrong = apiVersionError(apiVersion, options);
  if (wrong !== '') errors.push(invalid(`${path}.apiVersion`, apiVersion, wrong));
}

function addTarget(errors: Errors, path: string, { type = '', value, averageValue, averageUtilization }: Target): void {
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'));
  if (type !== 'Utilization' && type !== 'Value' && type !== 'AverageValue') errors.push(invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  if (value !== undefined && compareQuantity(value, '0') <= 0) errors.push(invalid(`${path}.value`, value, 'must be positive'));
  if (averageValue !== undefined && compareQuantity(averageValue, '0') <= 0) errors.push(invalid(`${path}.averageValue`, averageValue, 'must be positive'));
  if (averageUtilization !== undefined && averageUtilization < 1) errors.push(invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
}

function addMetricAndTarget(errors: Errors, path: string, { metric = {}, target = {} }: { readonly metric?: Loose<MetricIdentifier> | undefined; readonly target?: Target | undefined }): Target {
  addName(errors, `${path}.metric.name`, metric.name ?? '', 'must specify a metric name');
  addTarget(errors, `${path}.target`, target);
  return target;
}

function addResourceTarget(errors: Errors, path: string, target: Target = {}): void {
  const { averageUtilization, averageValue } = target;
  addTarget(errors, path, target);
  if (averageUtilization === undefined && averageValue === undefined) errors.push(required(`${path}.averageUtilization`, 'must set either a target raw value or a target utilization'));
  if (averageUtilization !== undefined && averageValue !== undefined) errors.push(forbidden(`${path}.averageValue`, 'may not set both a target raw value and a target utilization'));
}

function addSource(errors: Errors, path: string, { object, external, pods, resource, containerResource }: Loose<MetricSpec>, options: ReferenceOptions): void {
  if (object !== undefined) {
    addReference(errors, `${path}.object.describedObject`, object.describedObject, options);
    const { value, averageValue } = addMetricAndTarget(errors, `${path}.object`, object);
    if (value === undefined && averageValue === undefined) errors.push(required(`${path}.object.target.averageValue`, 'must set either a target value or averageValue'));
  } else if (external !== undefined) {
    const { value, averageValue } = addMetricAndTarget(errors, `${path}.external`, external);
    if (value === undefined && averageValue === undefined) errors.push(required(`${path}.external.target.averageValue`, 'must set either a target value for metric or a per-pod target'));
    if (value !== undefined && averageValue !== undefined) errors.push(forbidden(`${path}.external.target.value`, 'may not set both a target value for metric and a per-pod target'));
  } else if (pods !== undefined) {
    const { averageValue } = addMetricAndTarget(errors, `${path}.pods`, pods);
    if (averageValue === undefined) errors.push(required(`${path}.pods.target.averageValue`, 'must specify a positive target averageValue'));
  } else if (resource !== undefined) {
    if ((resource.name ?? '') === '') errors.push(required(`${path}.resource.name`, 'must specify a resource name'));
    addResourceTarget(errors, `${path}.resource.target`, resource.target);
  } else if (containerResource !== undefined) {
    const { name = '', container = '', target } = containerResource;
    if (name === '') errors.push(required(`${path}.containerResource.name`, 'must specify a resource name'));
    else validateContainerResourceName(name, `${path}.containerResource.name`, errors);
    if (container === '') errors.push(required(`${path}.containerResource.container`, 'must specify a container'));
    else addInvalid(errors, `${path}.containerResource.container`, container, dns1123Label(container));
    addResourceTarget(errors, `${path}.containerResource.target`, target);
  }
}

/** One metric: its type, and the one source of that type. Only the first source is looked at closely. */
export function addMetric(errors: Errors, path: string, metric: Loose<MetricSpec>, options: ReferenceOptions): void {
  const { type = '' } = metric;
  const known = types.includes(type);
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
  if (!known) errors.push(notSupported(`${path}.type`, type, types));
  addSource(errors, path, metric, options);
  const present = Object.keys(fields).filter((field) => metric[field as keyof typeof fields] !== undefined);
  const expected = Object.entries(fields).find(([, name]) => name === type)?.[0];
  if (expected === undefined) errors.push(notSupported(`${path}.type`, type, types));
  else if (!present.includes(expected)) errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'));
  if (present.length !== 1) for (const field of present) if (field !== expected) errors.push(forbidden(`${path}.${field}`, 'must populate the given metric source only'));
}
