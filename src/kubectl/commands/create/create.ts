import { command } from '../../command.ts';
import type { CommandEntry } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { bool, text } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { withLastApplied } from '../../writes/last-applied.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, validateFlag, validationOf } from '../../writes/write-flags.ts';
import { createObject, withSource } from '../../writes/write-object.ts';
import { generators } from './generators.ts';

const commands: readonly CommandEntry[] = generators;

export default command({
  usage: 'create -f FILENAME',
  description: 'Create a resource from a file or from stdin.\n\n JSON and YAML formats are accepted.',
  examples: `
    # Create a pod using the data in pod.json
    kubectl create -f ./pod.json

    # Create a pod based on the JSON passed into stdin
    cat pod.json | kubectl create -f -`,
  flags: {
    ...fileFlags, ...selectorFlag, ...outputFlags, ...dryRunFlag, ...validateFlag, ...fieldManagerFlag('kubectl-create'),
    'save-config': bool('If true, the configuration of current object will be saved in its annotation. This flag is useful when you want to perform kubectl apply on this object in the future.'),
    'edit': bool('Edit the API resource before creating'),
    'raw': text('Raw URI to POST to the server.  Uses the transport specified by the kubeconfig file.'),
  },
  commands,
  async run({ session, flags, args, path }) {
    if (args.length > 0) throw new KubectlError(`Unexpected args: [${args.join(' ')}]\nSee '${path} -h' for help and examples`);
    if (flags.filename.length === 0 && flags.kustomize === '') throw new KubectlError('must specify one of -f and -k', { prefixed: false });
    if (flags.edit) throw new KubectlError('not supported: --edit');
    if (flags.raw !== '') throw new KubectlError('not supported: --raw');
    const dryRun = dryRunOf(flags);
    const fieldValidation = validationOf(flags);
    const printer = (await donePrinters(session, flags, dryRun))('created');
    const selected = await select(session, { files: filesOf(flags), labelSelector: flags.selector, continueOnError: true });
    const errors: Error[] = [];
    let count = 0;
    for await (const item of selected.visit()) {
      const object = flags['save-config'] ? withLastApplied(item.object!) : item.object!;
      try {
        const created = dryRun === 'client' ? object : await createObject(await session.connection(), item, object, { dryRun, fieldManager: flags['field-manager'], fieldValidation });
        count++;
        await session.io.stdout.write(printer.print(created));
      } catch (error) {
        errors.push(withSource('creating', item.source, error));
      }
    }
    throwAll([...selected.errors, ...errors]);
    if (count === 0) throw new KubectlError('no objects passed to create');
  },
});
