import { deprecationOf, inOrder } from '../../api/custom-resources/version-order.ts';
import type { CustomResourceConversion, CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames } from '../../api/types/apiextensions/v1.ts';

/** What serving needs to know of one version before its schema is looked at. */
export interface VersionFacts {
  readonly name: string;
  readonly served: boolean;
  readonly deprecation: string | undefined;
  readonly status: boolean;
  /** Dotted path of the wanted replicas, without its leading dot; undefined without a scale subresource. */
  readonly scale: string | undefined;
}

/**
 * What serving needs to know of a CustomResourceDefinition while nobody uses it: hundreds of them must cost little. The
 * schemas stay in the watch cache, encoded, until a version is first used.
 */
export interface DefinitionFacts {
  readonly name: string;
  readonly uid: string;
  /** The revision that wrote the definition. */
  readonly revision: number;
  readonly generation: number;
  readonly group: string;
  readonly namespaced: boolean;
  readonly names: CustomResourceDefinitionNames;
  /** In the order in which discovery prefers them. */
  readonly versions: readonly VersionFacts[];
  readonly storageVersion: string;
  readonly established: boolean;
  readonly terminating: boolean;
  readonly conversion: CustomResourceConversion | undefined;
}

/** True when the definition has the condition, and it holds. */
export function holds({ status }: CustomResourceDefinition, type: string): boolean {
  return conditionOf(status?.conditions, type)?.status === 'True';
}

/** The condition of this type, if there is one. */
export function conditionOf(conditions: readonly CustomResourceDefinitionCondition[] | undefined, type: string): CustomResourceDefinitionCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Reads the facts. `revision`: of the definition as it stands. */
export function factsOf(definition: CustomResourceDefinition, revision: number): DefinitionFacts {
  const { metadata, spec, status } = definition;
  const accepted = status?.acceptedNames;
  const versions = inOrder(spec.versions).map((version): VersionFacts => ({
    name: version.name,
    served: version.served,
    deprecation: deprecationOf(version, { group: spec.group, kind: spec.names.kind, versions: spec.versions }),
    status: version.subresources?.status !== undefined,
    scale: version.subresources?.scale?.specReplicasPath.replace(/^\./, ''),
  }));
  return {
    name: metadata.name ?? '', uid: metadata.uid ?? '', revision, generation: metadata.generation ?? 0,
    group: spec.group,
    namespaced: spec.scope === 'Namespaced',
    names: accepted ?? spec.names,
    versions,
    storageVersion: spec.versions.find(({ storage }) => storage)?.name ?? '',
    established: holds(definition, 'Established') && (accepted?.plural ?? '') !== '',
    terminating: holds(definition, 'Terminating'),
    conversion: spec.conversion,
  };
}
