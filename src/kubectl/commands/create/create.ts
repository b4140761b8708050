import { command } from '../../command.ts';
import type { Call, CommandEntry } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { bool, text } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import { select } from '../../resources/select.ts';
import { usageError } from '../../usage-error.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { withLastApplied } from '../../writes/last-applied.ts';
import { checkRaw, sendRaw } from '../../writes/raw.ts';
import { recordFlag, recorded } from '../../writes/record.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, validateFlag, validationOf } from '../../writes/write-flags.ts';
import { createObject, withSource } from '../../writes/write-object.ts';
import { generators } from './generators.ts';

const commands: readonly CommandEntry[] = generators;

const createFlags = {
  ...fileFlags, ...selectorFlag, ...outputFlags, ...dryRunFlag, ...validateFlag, ...fieldManagerFlag('kubectl-create'), ...recordFlag,
  'save-config': bool('If true, the configuration of current object will be saved in its annotation. This flag is useful when you want to perform kubectl apply on this object in the future.'),
  'edit': bool('Edit the API resource before creating'),
  'raw': text('Raw URI to POST to the server.  Uses the transport specified by the kubeconfig file.'),
} as const;

type CreateCall = Call<typeof createFlags>;

/** Each object is made as the user has edited it. */
async function editAndCreate(call: CreateCall): Promise<void> {
  const { session, flags } = call;
  const { ObjectEditor } = await import('../../edit/edit-objects.ts');
  const fieldValidation = validationOf(flags);
  const editor = new ObjectEditor(session, {
    output: flags.output, subresource: '', lastApplied: false, printerOf: await donePrinters(session, flags, 'none'),
    async save(edited) {
      const object = recorded(call, flags['save-config'] ? withLastApplied(edited.object!) : edited.object!);
      try {
        return { object: await createObject(await session.connection(), edited, object, { fieldManager: flags['field-manager'], fieldValidation }), operation: 'created' };
      } catch (error) {
        // What was written is kept, and the server's refusal told: as upstream, nothing is opened again.
        throw error instanceof Error ? new Refused(error) : error;
      }
    },
  });
  const selected = await select(session, { files: filesOf(flags), continueOnError: true });
  const errors: Error[] = [];
  for await (const item of selected.visit()) {
    try {
      await editor.edit([item]);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      errors.push(error instanceof Refused ? error.refusal : error);
    }
  }
  throwAll([...selected.errors, ...errors]);
}

/** A refusal that ends the editing. */
class Refused extends Error {
  readonly refusal: Error;

  constructor(refusal: Error) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export default command({
  usage: 'create -f FILENAME',
  description: 'Create a resource from a file or from stdin.\n\n JSON and YAML formats are accepted.',
  examples: `
    # Create a pod using the data in pod.json
    kubectl create -f ./pod.json

    # Create a pod based on the JSON passed into stdin
    cat pod.json | kubectl create -f -`,
  flags: createFlags,
  commands,
  async run(call) {
    const { session, flags, args, path } = call;
    if (args.length > 0) throw new KubectlError(`Unexpected args: [${args.join(' ')}]\nSee '${path} -h' for help and examples`);
    if (flags.filename.length === 0 && flags.kustomize === '') throw new KubectlError('must specify one of -f and -k', { prefixed: false });
    if (flags.raw !== '') {
      if (flags.edit) throw usageError('--raw and --edit are mutually exclusive', path);
      checkRaw(flags, { body: true });
      return sendRaw(session, 'POST', flags);
    }
    const dryRun = dryRunOf(flags);
    const fieldValidation = validationOf(flags);
    if (flags.edit) return editAndCreate(call);
    const printer = (await donePrinters(session, flags, dryRun))('created');
    const selected = await select(session, { files: filesOf(flags), labelSelector: flags.selector, continueOnError: true });
    const errors: Error[] = [];
    let count = 0;
    for await (const item of selected.visit()) {
      const object = recorded(call, flags['save-config'] ? withLastApplied(item.object!) : item.object!);
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
