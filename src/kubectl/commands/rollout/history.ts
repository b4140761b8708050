import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { int } from '../../flags/flags.ts';
import { TabWriter, describeLayout } from '../../printers/tab-writer.ts';
import { shownName } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { changeCauseAnnotation } from '../../writes/record.ts';
import { revisionsOf } from './revisions.ts';
import { requireResource } from './rollout-flags.ts';

export default command({
  usage: 'history (TYPE NAME | TYPE/NAME) [flags]',
  description: 'View previous rollout revisions and configurations.',
  examples: `
    # View the rollout history of a deployment
    kubectl rollout history deployment/abc`,
  flags: { ...fileFlags, ...selectorFlag, revision: int('See the details, including podTemplate of the revision specified') },
  async run({ session, flags, args }) {
    requireResource(args, flags);
    if (flags.revision < 0) throw new KubectlError(`revision must be a positive integer: ${flags.revision}`);
    if (flags.revision > 0) throw new KubectlError('not supported: --revision');
    const connection = await session.connection();
    const selected = await select(session, { args, files: filesOf(flags), labelSelector: flags.selector, typeAlone: true, latest: true, continueOnError: true });
    for await (const item of selected.visit()) {
      const revisions = await revisionsOf(connection, item);
      const out = new TabWriter(describeLayout);
      out.write('REVISION\tCHANGE-CAUSE\n');
      for (const { number, annotations, template } of revisions) out.write(`${number}\t${annotations[changeCauseAnnotation] ?? template.metadata?.annotations?.[changeCauseAnnotation] ?? '<none>'}\n`);
      await session.io.stdout.write(`${shownName(item)} \n${revisions.length === 0 ? 'No rollout history found.' : out.flush()}\n`);
    }
    throwAll(selected.errors);
  },
});
