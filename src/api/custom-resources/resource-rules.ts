/** How objects of one version are prepared and validated: upstream's customresource strategies. */
import type { SchemaRules } from '../cel/schema-rules.ts';
import type { FieldError } from '../field-error.ts';
import { formatFieldError, invalid } from '../field-error.ts';
import type { ResourceDefinition, RuleContext, UpdateRules } from '../groups/definition.ts';
import { keepField } from '../groups/strategy.ts';
import type { Loose } from '../meta/loose.ts';
import type { KubeObject } from '../meta/object.ts';
import { qualifiedName } from '../meta/validation.ts';
import { jsonEqual } from '../patch/json-value.ts';
import type { JsonValue } from '../patch/json-value.ts';
import type { CustomResourceSubresourceScale } from '../types/apiextensions/v1.ts';
import { validateEmbedded } from './embedded.ts';
import { validateListTypes } from './list-types.ts';
import { validateScale } from './scale-rules.ts';
import type { SchemaFacts } from './schema-facts.ts';
import type { SchemaNode } from './schema-node.ts';
import { isObject } from './schema-node.ts';
import { validateValues } from './validate-values.ts';

/** What the rules of a version are made of. */
export interface RulesInput {
  readonly root: SchemaNode;
  readonly facts: SchemaFacts;
  /** Only the status subresource writes the status. */
  readonly status: boolean;
  readonly scale: Loose<CustomResourceSubresourceScale> | undefined;
  readonly cel: SchemaRules | undefined;
}

/** What is asked, and who hears of what may stay wrong. */
interface Asked extends RulesInput {
  readonly warn?: RuleContext['warn'];
}

type Rules = Required<Pick<ResourceDefinition<KubeObject>, 'prepareForCreate' | 'validate' | 'update' | 'subresources' | 'warnings'>>;

const statusOf = (object: KubeObject): unknown => (object as { status?: unknown }).status;

function contents(object: KubeObject): JsonValue {
  const { metadata: _metadata, ...rest } = object;
  return rest as JsonValue;
}

function prepareForUpdate(object: KubeObject, old: KubeObject, status: boolean): void {
  if (status) keepField(object, old, 'status');
  const generation = old.metadata.generation ?? 0;
  if (!jsonEqual(contents(object), contents(old))) object.metadata.generation = generation + 1;
  else if (old.metadata.generation !== undefined) object.metadata.generation = generation;
}

/** Writing the status changes the status, and who owns it, alone. */
function prepareStatus(object: KubeObject, old: KubeObject): void {
  const { managedFields } = object.metadata;
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) if (field !== 'status' && field !== 'metadata') keepField(object, old, field);
  const { resourceVersion } = object.metadata;
  object.metadata = { ...old.metadata };
  if (resourceVersion !== undefined) object.metadata.resourceVersion = resourceVersion;
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
}

/** With such errors values may not have the types that rules in CEL count on. */
const blocking: ReadonlySet<string> = new Set(['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']);

function addCelErrors(errors: FieldError[], object: KubeObject, old: KubeObject | undefined, { cel, warn }: Asked): void {
  if (cel === undefined) return;
  if (errors.some(({ reason }) => blocking.has(reason))) errors.push(invalid('<nil>', null, 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'));
  else errors.push(...cel.validate({ value: object, old, path: '', ratcheted: (error) => warn?.(formatFieldError(error)) }));
}

/** Lists that were wrong before may stay so. */
function listErrors(object: KubeObject, old: KubeObject | undefined, { root, facts }: RulesInput): FieldError[] {
  if (facts.keyedLists.length === 0) return [];
  const errors = validateListTypes(object, root);
  return errors.length > 0 && old !== undefined && validateListTypes(old, root).length > 0 ? [] : errors;
}

function validate(object: KubeObject, old: KubeObject | undefined, input: Asked): FieldError[] {
  const { root, facts, scale } = input;
  const errors = validateValues(root, object, { old });
  if (scale !== undefined) errors.push(...validateScale(object, scale, 'spec'), ...validateScale(object, scale, 'status'));
  if (facts.embedded) errors.push(...validateEmbedded(object, root));
  errors.push(...listErrors(object, old, input));
  addCelErrors(errors, object, old, input);
  return errors;
}

function validateStatus(object: KubeObject, old: KubeObject, input: Asked): FieldError[] {
  const errors: FieldError[] = [];
  const node = input.root.property('status');
  const status = statusOf(object);
  if (node !== undefined && status !== undefined) errors.push(...validateValues(node, status, { old: statusOf(old), prefix: 'status' }));
  if (input.scale !== undefined) errors.push(...validateScale(object, input.scale, 'status'));
  errors.push(...listErrors(object, old, input));
  addCelErrors(errors, object, old, input);
  return errors;
}

const standardFinalizers = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** Finalizers may be called anything, but names without a domain are easily taken twice. */
function finalizerWarnings({ metadata: { finalizers = [] } }: KubeObject, old: KubeObject | undefined): string[] {
  const before = new Set(old?.metadata.finalizers);
  return [...new Set(finalizers)].filter((name) => !before.has(name)).sort().flatMap((name) => {
    const warn = (message: string): string => `metadata.finalizers: ${JSON.stringify(name)}: ${message}`;
    const warnings = qualifiedName(name).map(warn);
    if (!name.includes('/') && !standardFinalizers.has(name)) warnings.push(warn(`prefer a domain-qualified finalizer name ${name.includes('.') ? 'including a path (/) ' : ''}to avoid accidental conflicts with other finalizer writers`));
    return warnings;
  });
}

/** The rules of a version's objects. */
export function rulesOfVersion(input: RulesInput): Rules {
  const statusRules: UpdateRules<KubeObject> = {
    prepareForUpdate: prepareStatus,
    validateUpdate: (object, old, { warn }) => validateStatus(object, old, { ...input, warn }),
    resets: ['metadata', 'spec'],
  };
  return {
    prepareForCreate(object) {
      if (input.status) delete (object as { status?: unknown }).status;
      object.metadata.generation = 1;
    },
    validate: (object) => validate(object, undefined, input),
    update: {
      prepareForUpdate: (object, old) => prepareForUpdate(object, old, input.status),
      validateUpdate: (object, old, { warn }) => validate(object, isObject(old) ? old : undefined, { ...input, warn }),
      resets: input.status ? ['status'] : [],
    },
    subresources: input.status ? { status: statusRules } : {},
    warnings: finalizerWarnings,
  };
}
