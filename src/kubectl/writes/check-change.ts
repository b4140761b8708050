import { KubectlError } from '../errors.ts';
import type { DryRun } from './write-flags.ts';

interface ChangeFlags { readonly 'all': boolean; readonly 'selector': string; readonly 'field-selector': string; readonly 'local': boolean; readonly 'filename': readonly string[]; readonly 'kustomize': string }

/** What does not go together in label and annotate. `example`: a file's name, for messages. Throws KubectlError. */
export function checkChange(flags: ChangeFlags, { resources, dryRun, example }: { readonly resources: readonly string[]; readonly dryRun: DryRun; readonly example: string }): void {
  const inFiles = flags.filename.length > 0 || flags.kustomize !== '';
  if (flags.all && flags.selector !== '') throw new KubectlError('cannot set --all and --selector at the same time');
  if (flags.all && flags['field-selector'] !== '') throw new KubectlError('cannot set --all and --field-selector at the same time');
  if (!flags.local) {
    if (resources.length === 0 && !inFiles) throw new KubectlError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
    return;
  }
  if (dryRun === 'server') throw new KubectlError('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
  if (resources.length > 0) throw new KubectlError(`can only use local files by -f ${example}.yaml or --filename=${example}.json when --local=true is set`);
  if (!inFiles) throw new KubectlError(`one or more files must be specified as -f ${example}.yaml or --filename=${example}.json`);
}
