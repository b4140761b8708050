import { quantityOf } from '../meta/quantity.ts';
import type { QuotaEvaluator } from './evaluator.ts';
import { objectCountName } from './evaluator.ts';
import { persistentVolumeClaimEvaluator } from './persistent-volume-claims.ts';
import { podEvaluator } from './pods.ts';
import { resourceClaimEvaluator } from './resource-claims.ts';
import { serviceEvaluator } from './services.ts';

const special: readonly QuotaEvaluator[] = [podEvaluator, serviceEvaluator, persistentVolumeClaimEvaluator, resourceClaimEvaluator];
const byResource = new Map(special.map((evaluator) => [`${evaluator.group}/${evaluator.resource}`, evaluator]));

/** Resources of the core group that quotas could count before there were names for all. */
const shortNames: ReadonlySet<string> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);

/** What is not stored, and events, which were never counted. */
const ignored: ReadonlySet<string> = new Set([
  '/bindings', '/componentstatuses', '/events', 'events.k8s.io/events', 'authentication.k8s.io/tokenreviews', 'authentication.k8s.io/selfsubjectreviews', 'authorization.k8s.io/subjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews', 'authorization.k8s.io/localsubjectaccessreviews', 'authorization.k8s.io/selfsubjectrulesreviews',
]);

const one = quantityOf(1);

function objectCounter(group: string, resource: string): QuotaEvaluator {
  const names = [objectCountName(group, resource), ...(group === '' && shortNames.has(resource) ? [resource] : [])];
  const usage = Object.fromEntries(names.map((name) => [name, one]));
  return {
    group,
    resource,
    handles: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
    counts: (name) => names.includes(name),
    matchesScope: () => false,
    usage: () => usage,
  };
}

/** How a namespaced resource counts; undefined for what quotas do not look at. */
export function quotaEvaluator(group: string, resource: string): QuotaEvaluator | undefined {
  const key = `${group}/${resource}`;
  return ignored.has(key) ? undefined : (byResource.get(key) ?? objectCounter(group, resource));
}
