import type { Connection } from '../../connection/connection.ts';
import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { filesOf } from '../../flags/common-flags.ts';
import { int } from '../../flags/flags.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { goTyped } from '../../writes/go-typed.ts';
import { lastAppliedAnnotation, sameValue } from '../../writes/last-applied.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import { dryRunFlag, dryRunOf } from '../../writes/write-flags.ts';
import { patchObject } from '../../writes/write-object.ts';
import type { Revision } from './revisions.ts';
import { revisionsOf, templateText } from './revisions.ts';
import { requireResource, rolloutFlags } from './rollout-flags.ts';
import type { PodTemplate, Workload } from './workload.ts';
import { revisionAnnotation } from './workload.ts';

const hashLabel = 'pod-template-hash';
/** Annotations that stay a Deployment's own, whatever its ReplicaSet had. */
const kept: ReadonlySet<string> = new Set([lastAppliedAnnotation, revisionAnnotation, 'deployment.kubernetes.io/revision-history', 'deployment.kubernetes.io/desired-replicas', 'deployment.kubernetes.io/max-replicas', 'deprecated.deployment.rollback.to']);

function withoutHash(template: PodTemplate): PodTemplate {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

function chosen(revisions: readonly Revision[], to: number, item: Item): Revision {
  if (to !== 0) {
    const found = revisions.find(({ number }) => number === to);
    if (found === undefined) throw new KubectlError(`unable to find specified revision ${to} in history`);
    return found;
  }
  const previous = revisions.at(-2);
  if (previous === undefined) throw new KubectlError(item.object?.kind === 'Deployment' ? `no rollout history found for deployment ${JSON.stringify(item.name)}` : 'no last revision to roll back to');
  return previous;
}

async function undo(connection: Connection, item: Item, { to, dryRun }: { readonly to: number; readonly dryRun: DryRun }): Promise<string> {
  const workload = item.object as Workload;
  const revisions = await revisionsOf(connection, item);
  const revision = chosen(revisions, to, item);
  const same = `skipped rollback (current template already matches revision ${to})`;
  if (dryRun === 'client') return `${workload.kind === 'Deployment' ? '' : 'will roll back to '}${templateText(revision.template)}`;
  if (workload.kind === 'Deployment') {
    if (workload.spec.paused === true) throw new KubectlError('you cannot rollback a paused deployment; resume it first with \'kubectl rollout resume\' and try again');
    const template = withoutHash(revision.template);
    if (sameValue(template, withoutHash(workload.spec.template))) return same;
    const annotations = Object.fromEntries([
      ...Object.entries(workload.metadata.annotations ?? {}).filter(([key]) => kept.has(key)),
      ...Object.entries(revision.annotations).filter(([key]) => !kept.has(key)),
    ]);
    await patchObject(connection, item, { type: 'json', body: JSON.stringify([{ op: 'replace', path: '/spec/template', value: template }, { op: 'replace', path: '/metadata/annotations', value: annotations }]) }, { dryRun });
    return 'rolled back';
  }
  const { $patch: _, ...wanted } = (revision.template as PodTemplate & { readonly $patch?: unknown });
  const written = (template: PodTemplate): AnyObject => goTyped({ ...workload, spec: { ...workload.spec, template } });
  if (sameValue(written(wanted), written(workload.spec.template))) return same;
  await patchObject(connection, item, { type: 'strategic', body: JSON.stringify(revision.object['data'] as AnyObject) }, { dryRun });
  return 'rolled back';
}

export default command({
  usage: 'undo (TYPE NAME | TYPE/NAME) [flags]',
  description: 'Roll back to a previous rollout.',
  examples: `
    # Roll back to the previous deployment
    kubectl rollout undo deployment/abc

    # Roll back to daemonset revision 3
    kubectl rollout undo daemonset/abc --to-revision=3`,
  flags: { ...rolloutFlags, ...dryRunFlag, 'to-revision': int('The revision to rollback to. Default to 0 (last revision).') },
  async run({ session, flags, args }) {
    requireResource(args, flags);
    const dryRun = dryRunOf(flags);
    const connection = await session.connection();
    const printerOf = await donePrinters(session, flags, dryRun);
    const selected = await select(session, { args, files: filesOf(flags), labelSelector: flags.selector, typeAlone: true, latest: true, continueOnError: true });
    const errors: Error[] = [];
    for await (const item of selected.visit()) {
      if (item.object?.metadata?.annotations?.[lastAppliedAnnotation] !== undefined) await session.io.stderr.write(`Warning: resource ${item.resource!.resource}/${item.name} was previously managed with 'kubectl apply'. Rolling back will not update the ${lastAppliedAnnotation} annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n`);
      try {
        await session.io.stdout.write(printerOf(await undo(connection, item, { to: flags['to-revision'], dryRun })).print(item.object!));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        errors.push(error);
      }
    }
    throwAll([...selected.errors, ...errors]);
  },
});
