import type { FieldError } from '../../api/field-error.ts';
import { forbidden, notSupported, required } from '../../api/field-error.ts';
import { validateFieldManager } from '../../api/meta/object-meta.ts';
import { invalidError } from '../../api/status.ts';
import { queryFlag } from '../request-info.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** What the query of a write says. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Empty: not named. */
  readonly fieldManager: string;
  /** Of an apply: take fields from whoever has them. */
  readonly force: boolean;
}

type Kind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions';

const fieldValidations: readonly string[] = ['Ignore', 'Strict', 'Warn'];
const plain: WriteOptions = { dryRun: false, fieldValidation: 'Warn', fieldManager: '', force: false };

/** Reads the query of a write; `kind` stands in the message. `apply`: of a patch, whether it is server-side apply. Throws Invalid. */
export function writeOptions(query: URLSearchParams | undefined, kind: Kind, apply = false): WriteOptions {
  if (query === undefined && !apply) return plain;
  const errors: FieldError[] = [];
  const fieldManager = query?.get('fieldManager') ?? '';
  const force = query?.get('force') ?? null;
  if (apply && fieldManager === '') errors.push(required('fieldManager', 'is required for apply patch'));
  else if (!apply && kind === 'PatchOptions' && force !== null) errors.push(forbidden('force', 'may not be specified for non-apply patch'));
  if (fieldManager !== '') errors.push(...validateFieldManager(fieldManager, 'fieldManager'));
  const dryRuns = (query?.getAll('dryRun') ?? []).filter((value) => value !== '');
  errors.push(...dryRunErrors(dryRuns));
  const fieldValidation = query?.get('fieldValidation') ?? '';
  if (fieldValidation !== '' && !fieldValidations.includes(fieldValidation)) errors.push(notSupported('fieldValidation', fieldValidation, ['', ...fieldValidations]));
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind }, '', errors);
  return { dryRun: dryRuns.length > 0, fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation), fieldManager, force: queryFlag(force) };
}

function dryRunErrors(given: readonly string[]): FieldError[] {
  const wrong = given.filter((value) => value !== 'All');
  return wrong.length > 0 ? [notSupported('dryRun', wrong, ['All'])] : [];
}

/** True for `All`; Invalid for anything else that is not empty. */
export function parseDryRun(values: readonly string[], kind: string): boolean {
  const given = values.filter((value) => value !== '');
  const errors = dryRunErrors(given);
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind }, '', errors);
  return given.length > 0;
}
