import { isReason } from '../../../api/status.ts';
import { command } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { bool, list } from '../../flags/flags.ts';
import { toGoJson } from '../../printers/go-json.ts';
import { outputFlags } from '../../printers/output.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { getObject, select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { lastAppliedAnnotation, sameValue } from '../../writes/last-applied.ts';
import { dryRunFlag, dryRunOf } from '../../writes/write-flags.ts';
import { patchObject, withSource } from '../../writes/write-object.ts';
import { described } from './client-side.ts';

/** The patch that writes the object itself into its annotation, as it is. */
export const lastAppliedPatch = (object: AnyObject): string => JSON.stringify({ metadata: { annotations: { [lastAppliedAnnotation]: `${toGoJson(object)}\n` } } });

export default command({
  usage: 'set-last-applied -f FILENAME',
  description: `Set the latest last-applied-configuration annotations by setting it to match the contents of a file. This results in the last-applied-configuration being updated as though 'kubectl apply -f <file>' was run, without updating any other parts of the object.`,
  examples: `
    # Set the last-applied-configuration of a resource to match the contents of a file; will create the annotation if it does not already exist
    kubectl apply set-last-applied -f deploy.yaml --create-annotation=true`,
  flags: {
    ...outputFlags, ...dryRunFlag,
    'create-annotation': bool('Will create \'last-applied-configuration\' annotations if current objects doesn\'t have one'),
    'filename': list('Filename, directory, or URL to files that contains the last-applied-configuration annotations', { short: 'f' }),
  },
  async run({ session, flags }) {
    const dryRun = dryRunOf(flags);
    const printer = (await donePrinters(session, flags, dryRun))('configured');
    const connection = await session.connection();
    const selected = await select(session, { files: { filenames: flags.filename, kustomize: '', recursive: false } });
    const changes: { readonly item: Item; readonly live: AnyObject }[] = [];
    for await (const item of selected.visit()) {
      let live: AnyObject;
      try {
        live = await getObject(connection, item);
      } catch (error) {
        throw isReason(error, 'NotFound') ? error : withSource(`retrieving current configuration of:\n${described(item)}\nfrom server for:`, item.source, error);
      }
      const before = live.metadata?.annotations?.[lastAppliedAnnotation];
      if (before === undefined && !flags['create-annotation']) throw new KubectlError(`no last-applied-configuration annotation found on resource: ${item.name}, to create the annotation, run the command with --create-annotation`);
      if (before !== undefined && sameValue(JSON.parse(before), item.object)) await session.io.stdout.write(`set-last-applied ${item.name}: no changes required.\n`);
      else changes.push({ item, live });
    }
    for (const { item, live } of changes) {
      const shown = dryRun === 'client' ? live : await patchObject(connection, item, { type: 'merge', body: lastAppliedPatch(item.object!) }, { dryRun });
      await session.io.stdout.write(printer.print(shown));
    }
  },
});
