/**
 * apiextensions.k8s.io/v1beta1 <-> v1: schema, subresources and columns could be said once for all versions, and a
 * webhook lay flat in `conversion`. A version without a schema keeps everything: v1 says so in a schema.
 */
import type { FieldError } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { CustomResourceColumnDefinition, CustomResourceDefinition, CustomResourceDefinitionSpec, CustomResourceDefinitionVersion } from '../../types/apiextensions/v1.ts';
import type { VersionRules } from '../version-rules.ts';

type Conversion = NonNullable<CustomResourceDefinitionSpec['conversion']>;
type OldColumn = Omit<CustomResourceColumnDefinition, 'jsonPath'> & { JSONPath?: string };
type OldVersion = Omit<CustomResourceDefinitionVersion, 'additionalPrinterColumns'> & { additionalPrinterColumns?: OldColumn[] };
type ForAll = Pick<OldVersion, 'additionalPrinterColumns' | 'subresources' | 'selectableFields'> & { validation?: CustomResourceDefinitionVersion['schema'] };
type OldConversion = Pick<Conversion, 'strategy'> & { webhookClientConfig?: NonNullable<Conversion['webhook']>['clientConfig']; conversionReviewVersions?: string[] };
type OldSpec = Omit<CustomResourceDefinitionSpec, 'versions' | 'conversion'> & ForAll & { version?: string; versions?: OldVersion[]; conversion?: OldConversion };
interface OldDefinition extends KubeObject { spec?: OldSpec }

/** What a version without a schema is stored with. */
const anything = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };

const columnToStored = ({ JSONPath = '', ...column }: OldColumn): CustomResourceColumnDefinition => ({ ...column, jsonPath: JSONPath });
const columnFromStored = ({ jsonPath, ...column }: CustomResourceColumnDefinition): OldColumn => ({ ...column, JSONPath: jsonPath });

function versionToStored({ additionalPrinterColumns, ...version }: OldVersion, all: ForAll): CustomResourceDefinitionVersion {
  const columns = additionalPrinterColumns ?? all.additionalPrinterColumns;
  const schema = version.schema ?? all.validation ?? anything;
  const subresources = version.subresources ?? all.subresources;
  const selectableFields = version.selectableFields ?? all.selectableFields;
  return {
    ...version, schema, ...(subresources !== undefined && { subresources }), ...(selectableFields !== undefined && { selectableFields }),
    ...(columns !== undefined && { additionalPrinterColumns: columns.map(columnToStored) }),
  };
}

function conversionToStored({ webhookClientConfig, conversionReviewVersions, ...conversion }: OldConversion): Conversion {
  if (webhookClientConfig === undefined && (conversionReviewVersions ?? []).length === 0) return conversion;
  return { ...conversion, webhook: { ...(webhookClientConfig !== undefined && { clientConfig: webhookClientConfig }), conversionReviewVersions: conversionReviewVersions ?? [] } };
}

function toStored(object: KubeObject): KubeObject {
  const { spec } = object as OldDefinition;
  if (spec === undefined) return object;
  const { version, versions, additionalPrinterColumns, subresources, selectableFields, validation, conversion, ...rest } = spec;
  const all: ForAll = { ...(additionalPrinterColumns && { additionalPrinterColumns }), ...(subresources && { subresources }), ...(selectableFields && { selectableFields }), ...(validation && { validation }) };
  const named: OldVersion[] = (versions ?? []).length === 0 && version !== undefined ? [{ name: version, served: true, storage: true }] : (versions ?? []);
  return { ...object, spec: { ...rest, versions: named.map((one) => versionToStored(one, all)), ...(conversion !== undefined && { conversion: conversionToStored(conversion) }) } } as KubeObject;
}

function versionFromStored({ additionalPrinterColumns, schema, ...version }: CustomResourceDefinitionVersion): OldVersion {
  return {
    ...version, ...(schema !== undefined && !semanticEqual(schema, anything) && { schema }),
    ...(additionalPrinterColumns !== undefined && { additionalPrinterColumns: additionalPrinterColumns.map(columnFromStored) }),
  };
}

/** What every version says alike is said once, as upstream does. */
function fromStored(object: KubeObject): KubeObject {
  const { spec } = object as CustomResourceDefinition;
  const versions = spec.versions.map(versionFromStored);
  const [first] = versions;
  const all: Record<string, unknown> = {};
  for (const [field, once] of [['schema', 'validation'], ['subresources', 'subresources'], ['additionalPrinterColumns', 'additionalPrinterColumns'], ['selectableFields', 'selectableFields']] as const) {
    const value = first?.[field];
    if (value === undefined || !versions.every((version) => semanticEqual(version[field], value))) continue;
    all[once] = value;
    for (const version of versions) delete version[field];
  }
  const { webhook, ...conversion } = spec.conversion ?? { strategy: 'None' };
  const flat = { ...(webhook?.clientConfig !== undefined && { webhookClientConfig: webhook.clientConfig }), ...(webhook !== undefined && { conversionReviewVersions: webhook.conversionReviewVersions }) };
  return { ...object, spec: { ...spec, ...all, ...(first !== undefined && { version: first.name }), versions, ...(spec.conversion !== undefined && { conversion: { ...conversion, ...flat } }) } } as KubeObject;
}

function applyDefaults(object: KubeObject): void {
  const { spec } = object as { spec?: Partial<OldSpec> };
  if (spec === undefined) return;
  spec.scope ||= 'Namespaced';
  spec.preserveUnknownFields ??= true;
  const conversion = (spec.conversion ??= { strategy: 'None' });
  if (conversion.strategy === 'Webhook' && (conversion.conversionReviewVersions ?? []).length === 0) conversion.conversionReviewVersions = ['v1beta1'];
}

/** v1 wants pruning; v1beta1 let it be, and schemas need not be structural. */
const allows = ({ field }: FieldError): boolean => field === 'spec.preserveUnknownFields';

export const customResourceDefinitionRules: VersionRules = { applyDefaults, allows, toStored, fromStored };
