import { required } from '../../../api/field-error.ts';
import type { LimitedResource } from '../../../api/quota/check-request.ts';
import type { ScopedResourceSelectorRequirement } from '../../../api/types/core/v1.ts';
import type { PluginConfiguration } from '../decode-configuration.ts';
import { decodeConfiguration, listOf, recordOf, strings, text } from '../decode-configuration.ts';

function scopeOf(value: unknown, path: string): ScopedResourceSelectorRequirement {
  const { scopeName, operator, values } = recordOf(value, path, ['scopeName', 'operator', 'values']);
  return {
    scopeName: text(scopeName ?? '', `${path}.scopeName`), operator: text(operator ?? '', `${path}.operator`),
    ...(values !== undefined && { values: strings(listOf(values, `${path}.values`), `${path}.values`) }),
  };
}

/** What may be used under a quota alone, from the plug-in's configuration. Throws ConfigurationError. */
export function limitedResources(configuration: PluginConfiguration | undefined): readonly LimitedResource[] {
  // The old versions of the kind are named as the AdmissionConfiguration's own group was.
  const value = configuration?.value as { apiVersion?: unknown; kind?: unknown } | null | undefined;
  const isOld = value?.kind === 'Configuration';
  const expected = isOld
    ? { group: 'resourcequota.admission.k8s.io', versions: ['v1beta1', 'v1alpha1'], kind: 'Configuration' }
    : { group: 'apiserver.config.k8s.io', versions: ['v1'], kind: 'ResourceQuotaConfiguration' };
  return decodeConfiguration(configuration, expected, (fields, errors) => listOf(recordOf(fields, 'configuration', ['limitedResources'])['limitedResources'] ?? [], 'limitedResources').map((entry, i): LimitedResource => {
    const path = `limitedResources[${i}]`;
    const limited = recordOf(entry, path, ['apiGroup', 'resource', 'matchContains', 'matchScopes']);
    const resource = text(limited['resource'] ?? '', `${path}.resource`);
    if (resource === '') errors.push(required(`${path}.resource`));
    return {
      apiGroup: text(limited['apiGroup'] ?? '', `${path}.apiGroup`),
      resource,
      matchContains: strings(listOf(limited['matchContains'] ?? [], `${path}.matchContains`), `${path}.matchContains`),
      matchScopes: listOf(limited['matchScopes'] ?? [], `${path}.matchScopes`).map((scope, j) => scopeOf(scope, `${path}.matchScopes[${j}]`)),
    };
  }));
}
