import type { VersionRules } from '../../api/conversions/version-rules.ts';
import type { ResourceSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { FeatureGates, FeatureGateSettings } from './feature-gates.ts';
import { allowedByGates, featureGates } from './feature-gates.ts';
import type { RuntimeConfig } from './runtime-config.ts';
import { checkRuntimeConfig, servedResources } from './runtime-config.ts';

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
  const known = builtinSchema.resources;
  checkRuntimeConfig(runtimeConfig, known.map(({ group, version }) => `${group}/${version}`));
  const served = servedResources(runtimeConfig, known).filter((resource) => allowedByGates(gates, resource));
  return Promise.resolve({ served, known, gates });
}
