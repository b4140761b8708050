import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { filesOf } from '../../flags/common-flags.ts';
import { int } from '../../flags/flags.ts';
import { TabWriter, describeLayout } from '../../printers/tab-writer.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { shownName } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { goTyped } from '../../writes/go-typed.ts';
import { patchLocally } from '../../writes/patch-locally.ts';
import { changeCauseAnnotation } from '../../writes/record.ts';
import type { Revision } from './revisions.ts';
import { revisionsOf, templateText } from './revisions.ts';
import { requireResource, rolloutFlags } from './rollout-flags.ts';

const causeOf = ({ annotations, template }: Revision): string | undefined => annotations[changeCauseAnnotation] ?? template.metadata?.annotations?.[changeCauseAnnotation];

function chosen(revisions: readonly Revision[], number: number): Revision {
  const found = revisions.find((one) => one.number === number);
  if (found === undefined) throw new KubectlError('unable to find the specified revision');
  return found;
}

/** The object as it was in a revision: a ReplicaSet of a Deployment, else the object with what the revision has put into it. */
async function objectOf({ object }: Item, revision: Revision): Promise<AnyObject> {
  // Items of a list do not say what they are.
  if (object?.kind === 'Deployment') return goTyped({ apiVersion: 'apps/v1', kind: 'ReplicaSet', ...revision.object });
  return goTyped(await patchLocally(object!, { type: 'strategic', value: revision.object['data'] }));
}

function textOf(item: Item, revisions: readonly Revision[], wanted: number): string {
  if (revisions.length === 0) return 'No rollout history found.';
  if (wanted > 0) {
    const revision = chosen(revisions, wanted);
    const cause = item.object?.kind === 'Deployment' ? causeOf(revision) : undefined;
    const { template } = revision;
    return templateText(cause === undefined ? template : { ...template, metadata: { ...template.metadata, annotations: { ...template.metadata?.annotations, [changeCauseAnnotation]: cause } } });
  }
  const out = new TabWriter(describeLayout);
  out.write('REVISION\tCHANGE-CAUSE\n');
  for (const revision of revisions) out.write(`${revision.number}\t${causeOf(revision) ?? '<none>'}\n`);
  return out.flush();
}

export default command({
  usage: 'history (TYPE NAME | TYPE/NAME) [flags]',
  description: 'View previous rollout revisions and configurations.',
  examples: `
    # View the rollout history of a deployment
    kubectl rollout history deployment/abc`,
  flags: { ...rolloutFlags, revision: int('See the details, including podTemplate of the revision specified') },
  async run({ session, flags, args }) {
    requireResource(args, flags);
    if (flags.revision < 0) throw new KubectlError(`revision must be a positive integer: ${flags.revision}`);
    const connection = await session.connection();
    const printer = flags.output === '' && flags.template === '' ? undefined : (await donePrinters(session, flags, 'none', { typed: true }))('');
    const selected = await select(session, { args, files: filesOf(flags), labelSelector: flags.selector, typeAlone: true, latest: true, continueOnError: true });
    const errors: Error[] = [];
    for await (const item of selected.visit()) {
      try {
        const revisions = await revisionsOf(connection, item);
        if (printer === undefined) {
          await session.io.stdout.write(`${shownName(item)} ${flags.revision > 0 ? `with revision #${flags.revision}` : ''}\n${textOf(item, revisions, flags.revision)}\n`);
          continue;
        }
        for (const revision of flags.revision > 0 ? [chosen(revisions, flags.revision)] : revisions) await session.io.stdout.write(printer.print(await objectOf(item, revision)));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        errors.push(error);
      }
    }
    throwAll([...selected.errors, ...errors]);
  },
});
