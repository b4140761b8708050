import type { LimitedResource } from '../../../api/quota/check-request.ts';
import type { QuotaContext, QuotaEvaluator } from '../../../api/quota/evaluator.ts';
import { quotaEvaluator } from '../../../api/quota/registry.ts';
import { deviceclasses, pods, resourcequotas } from '../../../api/resources.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { ObjectWriter } from '../../object-writer.ts';
import type { AdmissionPlugin, AdmissionScope } from '../admission.ts';
import { byNamespace } from '../by-namespace.ts';
import { QuotaBatches } from './batches.ts';

/** Updates of these may change what they use. */
const updated: ReadonlySet<string> = new Set(['/pods', '/pods/resize', '/services', '/persistentvolumeclaims', '/persistentvolumeclaims/status', 'resource.k8s.io/resourceclaims']);

function mayCount({ operation, group, resource, subresource }: AdmissionScope): boolean {
  if (quotaEvaluator(group, resource) === undefined || (group === '' && resource === 'namespaces')) return false;
  if (operation === 'CREATE') return subresource === '';
  return operation === 'UPDATE' && updated.has(`${group}/${resource}${subresource === '' ? '' : `/${subresource}`}`);
}

/**
 * Nothing is created or grown beyond a namespace's quotas. A request is charged, by compare-and-swap on the quota's
 * status, before its object is written; what was charged for a write that then failed is given back by the
 * resource-quota controller. Namespaces without quotas cost one look-up.
 */
export function resourceQuota(options: { readonly reader: ObjectReader; readonly writer: ObjectWriter; readonly clock: Clock; readonly limited: readonly LimitedResource[] }): AdmissionPlugin {
  const { reader, writer, clock, limited } = options;
  const quotasOf = byNamespace(reader, resourcequotas);
  const context = (): QuotaContext => ({
    nowMs: clock.now(),
    deviceClassOf: (resource) => reader.list(deviceclasses).find(({ spec }) => spec.extendedResourceName === resource)?.metadata.name,
    extendedResourceOf: (name) => reader.get(deviceclasses, '', name)?.spec.extendedResourceName,
    podOf: (namespace, name) => reader.get(pods, namespace, name),
  });
  const batches = new QuotaBatches({ writer, limited, quotasOf, context });
  const evaluators = new Map<string, QuotaEvaluator>();
  const evaluatorOf = (group: string, resource: string): QuotaEvaluator => {
    const key = `${group}/${resource}`;
    let evaluator = evaluators.get(key);
    if (evaluator === undefined) evaluators.set(key, (evaluator = quotaEvaluator(group, resource)!));
    return evaluator;
  };
  return {
    name: 'ResourceQuota',
    handles: mayCount,
    validate(attributes) {
      const { operation, group, resource, subresource, namespace, object, oldObject } = attributes;
      if (namespace === '' || (limited.length === 0 && quotasOf(namespace).length === 0)) return undefined;
      const evaluator = evaluatorOf(group, resource);
      const request = { operation, subresource, object: object!, oldObject };
      return evaluator.handles(request) ? batches.charge(attributes, request, evaluator) : undefined;
    },
  };
}
