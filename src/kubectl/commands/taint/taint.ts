import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { selectorFlag } from '../../flags/common-flags.ts';
import { bool } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import { select } from '../../resources/select.ts';
import type { Session } from '../../session.ts';
import { usageError } from '../../usage-error.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { goTyped } from '../../writes/go-typed.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, validateFlag, validationOf } from '../../writes/write-flags.ts';
import { patchObject } from '../../writes/write-object.ts';
import { patchBetween } from '../set/set-on.ts';
import type { Taint, TaintChanges } from './taints.ts';
import { changedTaints, conflictsOf, readTaints } from './taints.ts';

const isTaint = (word: string): boolean => word.includes('=') || word.includes(':') || word.endsWith('-');

function partTaints(args: readonly string[], path: string): { readonly resources: readonly string[]; readonly changes: TaintChanges } {
  const begin = args.findIndex(isTaint);
  const [resources, words] = begin < 0 ? [args, []] : [args.slice(0, begin), args.slice(begin)];
  const stray = words.find((word) => !isTaint(word));
  if (stray !== undefined) throw new KubectlError(`all resources must be specified before taint changes: ${stray}`);
  if (resources.length === 0) throw new KubectlError('one or more resources must be specified as <resource> <name>');
  if (words.length === 0) throw new KubectlError('at least one taint update is required');
  try {
    return { resources, changes: readTaints(words) };
  } catch (error) {
    throw error instanceof KubectlError ? usageError(error.message, path) : error;
  }
}

async function requireNodes(session: Session, word: string): Promise<void> {
  let kind: string;
  try {
    ({ kind } = await (await session.mapper()).resource(word));
  } catch (error) {
    throw error instanceof KubectlError ? new KubectlError(error.message, { prefixed: true, cause: error }) : error;
  }
  if (kind !== 'Node') throw new KubectlError(`invalid resource type ${word}, only node types are supported`);
}

export default command({
  usage: 'taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
  description: `Update the taints on one or more nodes.

 A taint consists of a key, value, and effect. As an argument here, it is expressed as key=value:effect, and the value is optional. The effect must be NoSchedule, PreferNoSchedule or NoExecute. KEY- takes all taints of a key away, KEY:EFFECT- one of them. Currently taint can only apply to node.`,
  examples: `
    # Update node 'foo' with a taint with key 'dedicated' and value 'special-user' and effect 'NoSchedule'
    kubectl taint nodes foo dedicated=special-user:NoSchedule

    # Remove from node 'foo' the taint with key 'dedicated' and effect 'NoSchedule' if one exists
    kubectl taint nodes foo dedicated:NoSchedule-

    # Add a taint with key 'dedicated' on nodes having label myLabel=X
    kubectl taint node -l myLabel=X dedicated=foo:PreferNoSchedule`,
  flags: {
    ...selectorFlag, ...outputFlags, ...dryRunFlag, ...validateFlag, ...fieldManagerFlag('kubectl-taint'),
    all: bool('Select all nodes in the cluster'),
    overwrite: bool('If true, allow taints to be overwritten, otherwise reject taint updates that overwrite existing taints.'),
  },
  async run({ session, flags, args, path }) {
    const dryRun = dryRunOf(flags);
    const fieldValidation = validationOf(flags);
    const { resources, changes } = partTaints(args, path);
    await requireNodes(session, resources[0]!.toLowerCase());
    const conflicts = conflictsOf(changes);
    if (conflicts.length > 0) throw new KubectlError(`can not both modify and remove the following taint(s) in the same command: ${conflicts.join(', ')}`);
    if (flags.all && flags.selector !== '') throw new KubectlError('setting \'all\' parameter with a non empty selector is prohibited');
    const named = !flags.all && flags.selector === '';
    if (named && resources.length < 2) throw new KubectlError('at least one resource name must be specified since \'all\' parameter is not set');
    // As upstream, whose dry runs say nothing of it here.
    const printerOf = await donePrinters(session, flags, 'none');
    const selected = await select(session, { args: ['nodes', ...(named ? resources.slice(1) : [])], labelSelector: flags.selector, all: flags.all, continueOnError: true });
    const errors: Error[] = [];
    for await (const item of selected.visit()) {
      try {
        const spec = item.object!['spec'] as { readonly taints?: readonly Taint[] } | undefined;
        const { taints, operation } = changedTaints(item.name, spec?.taints ?? [], { ...changes, overwrite: flags.overwrite });
        const { taints: _, ...bare } = spec ?? {};
        const after = { ...item.object!, spec: taints.length === 0 ? bare : { ...bare, taints } };
        const shown = dryRun === 'client' ? goTyped(after) : await patchObject(await session.connection(), item, { type: 'strategic', body: JSON.stringify(patchBetween(item.object!, after)) }, { dryRun, fieldManager: flags['field-manager'], fieldValidation });
        await session.io.stdout.write(printerOf(operation).print(shown));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        errors.push(error);
      }
    }
    throwAll([...selected.errors, ...errors]);
  },
});
