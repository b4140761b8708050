import { fileFlags, selectorFlag } from '../../flags/common-flags.ts';
import { outputFlags } from '../../printers/output.ts';
import { KubectlError } from '../../errors.ts';

/** Flags of the rollout commands that change something. */
export const rolloutFlags = { ...fileFlags, ...selectorFlag, ...outputFlags } as const;

/** Something has to be named. */
export function requireResource(args: readonly string[], flags: { readonly filename: readonly string[]; readonly kustomize: string }): void {
  if (args.length === 0 && flags.filename.length === 0 && flags.kustomize === '') throw new KubectlError('required resource not specified');
}
