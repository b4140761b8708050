import { command } from '../../command.ts';
import { ObjectEditor } from '../../edit/edit-objects.ts';
import { saveEdited } from '../../edit/save-edits.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf } from '../../flags/common-flags.ts';
import { bool, text } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import type { AnyObject } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { withLastApplied } from '../../writes/last-applied.ts';
import { recordFlag, recorded } from '../../writes/record.ts';
import { fieldManagerFlag, validateFlag, validationOf } from '../../writes/write-flags.ts';

export default command({
  usage: 'edit (RESOURCE/NAME | -f FILENAME)',
  description: `Edit a resource from the default editor.

 The edit command allows you to directly edit any API resource you can retrieve via the command-line tools. It will open the editor defined by your KUBE_EDITOR, or EDITOR environment variables, or fall back to 'vi'. You can edit multiple objects, although changes are applied one at a time. The default format is YAML; if you would like to edit in JSON, specify "-o json".

 In the event an error occurs while updating, a temporary file will be created on disk that contains your unapplied changes. What the server refuses is opened again, with its reasons above it.`,
  examples: `
    # Edit the service named 'registry'
    kubectl edit svc/registry

    # Use an alternative editor
    KUBE_EDITOR="nano" kubectl edit svc/registry

    # Edit the 'status' subresource for the 'mydeployment' deployment
    kubectl edit deployment mydeployment --subresource='status'`,
  flags: {
    ...fileFlags, ...outputFlags, ...validateFlag, ...recordFlag, ...fieldManagerFlag('kubectl-edit'),
    'output-patch': bool('Output the patch if the resource is edited.'),
    'save-config': bool('If true, the configuration of current object will be saved in its annotation.'),
    'subresource': text('If specified, edit will operate on the subresource of the requested object.'),
    'windows-line-endings': bool('Defaults to the line ending native to your platform.'),
  },
  async run(call) {
    const { session, flags, args } = call;
    const selected = await select(session, { args, files: filesOf(flags), subresource: flags.subresource, typeAlone: true, latest: true, continueOnError: true });
    const fieldValidation = validationOf(flags);
    const items = await selected.items();
    throwAll(selected.errors);
    if (items.length === 0) throw new KubectlError('edit cancelled, no objects found');
    const change = (object: AnyObject): AnyObject => recorded(call, flags['save-config'] ? withLastApplied(object) : object);
    const editor = new ObjectEditor(session, {
      output: flags.output, subresource: flags.subresource, lastApplied: false, printerOf: await donePrinters(session, flags, 'none'),
      save: (edited, original) => saveEdited(session, edited, original, { outputPatch: flags['output-patch'], change, fieldManager: flags['field-manager'], fieldValidation }),
    });
    await editor.edit(items);
  },
});
