import { command } from '../../command.ts';
import { ObjectEditor } from '../../edit/edit-objects.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf } from '../../flags/common-flags.ts';
import { bool } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { lastAppliedAnnotation, sameValue } from '../../writes/last-applied.ts';
import { recordFlag, recorded } from '../../writes/record.ts';
import { fieldManagerFlag, validateFlag, validationOf } from '../../writes/write-flags.ts';
import { patchObject } from '../../writes/write-object.ts';
import { lastAppliedPatch } from './set-last-applied.ts';

export default command({
  usage: 'edit-last-applied (RESOURCE/NAME | -f FILENAME)',
  description: `Edit the latest last-applied-configuration annotations of resources from the default editor.

 What is edited is the annotation alone: the object itself stays as it is until it is applied again. See 'kubectl edit' for the editor and for what becomes of refused changes.`,
  examples: `
    # Edit the last-applied-configuration annotations by type/name in YAML
    kubectl apply edit-last-applied deployment/nginx`,
  flags: {
    ...fileFlags, ...outputFlags, ...validateFlag, ...recordFlag, ...fieldManagerFlag('kubectl-client-side-apply'),
    'windows-line-endings': bool('Defaults to the line ending native to your platform.'),
  },
  async run(call) {
    const { session, flags, args } = call;
    const selected = await select(session, { args, files: filesOf(flags), typeAlone: true, latest: true, continueOnError: true });
    const fieldValidation = validationOf(flags);
    const live = await selected.items();
    throwAll(selected.errors);
    const items = live.flatMap((item): Item[] => {
      const text = item.object?.metadata?.annotations?.[lastAppliedAnnotation];
      return text === undefined ? [] : [{ ...item, object: JSON.parse(text) as AnyObject }];
    });
    if (items.length === 0) throw new KubectlError('no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`');
    const editor = new ObjectEditor(session, {
      output: flags.output, subresource: '', lastApplied: true, printerOf: await donePrinters(session, flags, 'none'),
      async save(edited, original) {
        const after = recorded(call, edited.object!);
        if (original === undefined) throw new KubectlError(`no original object found for ${JSON.stringify(after)}`);
        if (sameValue(original.object, after)) return { object: after, operation: 'skipped' };
        await patchObject(await session.connection(), edited, { type: 'merge', body: lastAppliedPatch(after) }, { fieldManager: flags['field-manager'], fieldValidation });
        return { object: after, operation: 'edited' };
      },
    });
    await editor.edit(items);
  },
});
