import { KubectlError } from '../../errors.ts';
import { fileFlags } from '../../flags/common-flags.ts';
import { bool } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import { dryRunFlag, fieldManagerFlag } from '../../writes/write-flags.ts';

/** Flags that all commands of `set` have. `what`: what `--local` is said of. */
export const setFlags = (what: string) => ({
  ...fileFlags, ...outputFlags, ...dryRunFlag, ...fieldManagerFlag('kubectl-set'),
  all: bool('Select all resources, in the namespace of the specified resource types'),
  local: bool(`If true, ${what} will NOT contact api-server but run locally.`),
}) as const;

/** What is done here alone cannot be tried on the server. */
export function checkLocal({ local, dryRun }: { readonly local: boolean; readonly dryRun: string }): void {
  if (local && dryRun === 'server') throw new KubectlError('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
}

export function checkAll({ all, selector }: { readonly all: boolean; readonly selector: string }): void {
  if (all && selector !== '') throw new KubectlError('cannot set --all and --selector at the same time');
}

export const noResources = 'one or more resources must be specified as <resource> <name> or <resource>/<name>';
