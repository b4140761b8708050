import { KubectlError } from '../errors.ts';
import { text } from '../flags/flags.ts';

export const dryRunFlag = { 'dry-run': text('Must be "none", "server", or "client". If client strategy, only print the object that would be sent, without sending it. If server strategy, submit server-side request without persisting the resource.', { initial: 'none', bare: 'unchanged' }) } as const;
export const validateFlag = { validate: text('Must be one of: strict (or true), warn, ignore (or false). "true" or "strict" refuses unknown and duplicate fields, "warn" tells of them, "false" or "ignore" drops them silently.', { initial: 'strict', bare: 'strict' }) } as const;
export const fieldManagerFlag = (initial: string) => ({ 'field-manager': text('Name of the manager used to track field ownership.', { initial }) }) as const;

export type DryRun = 'none' | 'client' | 'server';

/** Reads `--dry-run`; throws KubectlError for what it cannot be. */
export function dryRunOf(flags: { readonly 'dry-run': string }): DryRun {
  switch (flags['dry-run']) {
    case 'none': case 'client': case 'server': return flags['dry-run'];
    // As it was before there were two ways of it.
    case 'unchanged': return 'client';
    default: throw new KubectlError(`Invalid dry-run value (${flags['dry-run']}). Must be "none", "server", or "client".`);
  }
}

/** Reads `--validate`. */
export function validationOf(flags: { readonly validate: string }): 'Strict' | 'Warn' | 'Ignore' {
  switch (flags.validate) {
    case 'true': case 'strict': return 'Strict';
    case 'warn': return 'Warn';
    case 'false': case 'ignore': return 'Ignore';
    default: throw new KubectlError(`invalid - validate option ${JSON.stringify(flags.validate)}; must be one of: strict (or true), warn, ignore (or false)`);
  }
}

/** What is said after something was done, with how seriously it was meant: `created (dry run)`. */
export const doneText = (operation: string, dryRun: DryRun): string => (dryRun === 'none' ? operation : `${operation} (${dryRun === 'server' ? 'server dry run' : 'dry run'})`);
