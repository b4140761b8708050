import type { VersionRules } from '../../api/conversions/version-rules.ts';
import { allResources, olderVersions } from '../../api/schema/older-versions.ts';
import type { ResourceSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { FeatureGates, FeatureGateSettings } from './feature-gates.ts';
import { allowedByGates, featureGates } from './feature-gates.ts';
import type { RuntimeConfig } from './runtime-config.ts';
import { checkRuntimeConfig, namedVersions, servedResources } from './runtime-config.ts';

/** What a server serves, and what it knows beside that. */
export interface ChosenResources {
  /** Preferred versions first inside their group. */
  readonly served: readonly ResourceSchema[];
  /** All that could be served, in the same order. */
  readonly known: readonly ResourceSchema[];
  /** How versions differ that are loaded on demand. */
  readonly moreRules?: Readonly<Record<string, VersionRules>>;
  readonly gates: FeatureGates;
}

/** Decides what is served. Rejects with an Error for people when the configuration or a gate is wrong. */
export async function chooseResources({ runtimeConfig = {}, featureGates: settings }: { readonly runtimeConfig?: RuntimeConfig; readonly featureGates?: FeatureGateSettings }): Promise<ChosenResources> {
  const gates = featureGates(settings);
  checkRuntimeConfig(runtimeConfig, new Set([...builtinSchema.resources.map(({ group, version }) => `${group}/${version}`), ...olderVersions]));
  const withOlder = namedVersions(runtimeConfig).intersection(olderVersions).size > 0;
  const { resources: known, older } = withOlder ? await allResources() : { resources: builtinSchema.resources, older: new Set<ResourceSchema>() };
  const served = servedResources(runtimeConfig, known, (resource) => older.has(resource)).filter((resource) => allowedByGates(gates, resource));
  if (!withOlder) return { served, known, gates };
  const { olderVersionRules } = await import('../../api/conversions/older-registry.ts');
  return { served, known, gates, moreRules: olderVersionRules };
}
