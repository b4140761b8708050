import { invalid, notSupported, tooLong } from '../../api/field-error.ts';
import { invalidError } from '../../api/status.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** What the query of a write says. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
}

const fieldValidations: readonly string[] = ['Ignore', 'Strict', 'Warn'];

/** Reads the query of a write; `kind` (`CreateOptions` …) stands in the message. Throws Invalid. */
export function writeOptions(query: URLSearchParams | undefined, kind: string): WriteOptions {
  if (query === undefined) return { dryRun: false, fieldValidation: 'Warn' };
  const dryRun = parseDryRun(query.getAll('dryRun'), kind);
  const fieldValidation = query.get('fieldValidation') ?? '';
  if (fieldValidation !== '' && !fieldValidations.includes(fieldValidation)) {
    throw invalidError({ group: 'meta.k8s.io', kind }, '', [notSupported('fieldValidation', fieldValidation, ['', ...fieldValidations])]);
  }
  checkFieldManager(query.get('fieldManager') ?? '', kind);
  return { dryRun, fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation) };
}

const maxFieldManagerBytes = 128;

function checkFieldManager(manager: string, kind: string): void {
  if (manager === '') return;
  const path = 'fieldManager';
  if (new TextEncoder().encode(manager).length > maxFieldManagerBytes) throw invalidError({ group: 'meta.k8s.io', kind }, '', [tooLong(path, maxFieldManagerBytes)]);
  if (/\p{C}|[\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(manager)) throw invalidError({ group: 'meta.k8s.io', kind }, '', [invalid(path, manager, 'should only contain printable characters')]);
}

/** True for `All`; Invalid for anything else that is not empty. */
export function parseDryRun(values: readonly string[], kind: string): boolean {
  const given = values.filter((value) => value !== '');
  const wrong = given.filter((value) => value !== 'All');
  if (wrong.length > 0) throw invalidError({ group: 'meta.k8s.io', kind }, '', [notSupported('dryRun', wrong, ['All'])]);
  return given.length > 0;
}
