import { loadPatterns, patternsLoaded } from '../../custom-resources/pattern-loader.ts';
import type { Pieces } from '../../../base/turns.ts';
import { inTurns } from '../../../base/turns.ts';
import { loadRules, rulesLoaded } from '../../custom-resources/rules-loader.ts';
import { gatherFacts, schemasAPiece } from '../../custom-resources/schema-facts.ts';
import type { SchemaFacts } from '../../custom-resources/schema-facts.ts';
import type { Loose } from '../../meta/loose.ts';
import { customresourcedefinitions } from '../../resources.ts';
import type { CustomResourceDefinition } from '../../types/apiextensions/v1.ts';
import { createdAtColumns } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';
import { defaultWebhookClient } from '../webhook-client.ts';
import { validateDefinition, validateDefinitionStatus } from './definition-validation.ts';
import { unknownFormats } from './formats.ts';
import { schemasOf } from './json-schema.ts';
import type { Schema } from './json-schema.ts';
import { foreseeRootErrors } from './schema-validation.ts';
import { foreseeStructure } from './structural.ts';

type Definition = Loose<CustomResourceDefinition>;

const isUnset = (text: string | undefined): boolean => text === undefined || text === '';
const storageVersionOf = ({ spec }: Definition): string | undefined => spec?.versions?.find(({ storage }) => storage === true)?.name;

function applyDefaults(object: CustomResourceDefinition): void {
  const { spec, status } = object as Definition;
  if (spec === undefined) return;
  spec.conversion ??= { strategy: 'None' };
  defaultWebhookClient(spec.conversion.webhook?.clientConfig);
  const storage = storageVersionOf(object);
  if (storage !== undefined && (status?.storedVersions ?? []).length === 0) (object as Definition).status = { ...status, storedVersions: [storage] };
  const { names } = spec;
  if (names?.kind === undefined || names.kind === '') return;
  if (isUnset(names.singular)) names.singular = names.kind.toLowerCase();
  if (isUnset(names.listKind)) names.listKind = `${names.kind}List`;
}

/** Versions that objects were ever stored in are remembered, in place. */
function rememberStorageVersion(object: CustomResourceDefinition): void {
  const storage = storageVersionOf(object);
  const stored = object.status?.storedVersions ?? [];
  if (storage !== undefined && !stored.includes(storage)) object.status = { ...object.status, storedVersions: [...stored, storage] } as NonNullable<CustomResourceDefinition['status']>;
}

function* gatherAll(schemas: readonly Schema[]): Pieces<SchemaFacts[]> {
  const facts: SchemaFacts[] = [];
  for (const schema of schemas) facts.push(yield* gatherFacts(schema));
  return facts;
}

function* foreseeAll(schemas: readonly Schema[]): Pieces<undefined> {
  for (const schema of schemas) {
    yield* foreseeStructure(schema);
    yield* foreseeRootErrors(schema);
    yield;
  }
  return undefined;
}

/** Looks at large schemas a piece a turn, so that validation, which takes one, has little left to do. */
function foresee(schemas: readonly Schema[], facts: readonly SchemaFacts[]): Promise<void> | undefined {
  const waiting: Promise<void>[] = [];
  if (!patternsLoaded() && facts.some(({ patterns }) => patterns)) waiting.push(loadPatterns());
  if (!rulesLoaded() && facts.some(({ rules }) => rules)) waiting.push(loadRules());
  const isLarge = facts.reduce((sum, { size }) => sum + size, 0) > schemasAPiece;
  const large = isLarge ? schemas.filter((_, i) => !facts[i]!.cannotBeStructural) : [];
  if (waiting.length === 0) return large.length === 0 ? undefined : Promise.resolve(inTurns(foreseeAll(large)));
  return Promise.all(waiting).then(() => inTurns(foreseeAll(large)));
}

const rules = standardRules<CustomResourceDefinition>({ status: true, generation: true });

/** A kind that the cluster's users made. */
export const customResourceDefinitionDefinition: ResourceDefinition<CustomResourceDefinition> = {
  type: customresourcedefinitions,
  load(object, old) {
    const schemas = [object, old].flatMap((definition) => (definition === undefined ? [] : schemasOf(definition)));
    const gathered = inTurns(gatherAll(schemas));
    return gathered instanceof Promise ? gathered.then((facts) => foresee(schemas, facts)) : foresee(schemas, gathered);
  },
  applyDefaults,
  prepareForCreate(object, context) {
    rules.prepareForCreate(object, context);
    rememberStorageVersion(object);
  },
  validate: (object) => validateDefinition(object),
  update: {
    prepareForUpdate(object, old, context) {
      rules.update.prepareForUpdate?.(object, old, context);
      rememberStorageVersion(object);
    },
    validateUpdate: validateDefinition,
  },
  subresources: { status: statusRules(validateDefinitionStatus) },
  warnings(object, old) {
    const before = new Set(old === undefined ? [] : unknownFormats(old));
    return unknownFormats(object).filter((format) => !before.has(format)).map((format) => `unrecognized format ${JSON.stringify(format)}`);
  },
  columns: createdAtColumns,
};
