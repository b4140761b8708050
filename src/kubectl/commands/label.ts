import { command } from '../command.ts';
import { KubectlError } from '../errors.ts';
import { allNamespacesFlag, fieldSelectorFlag, fileFlags, filesOf, selectorFlag } from '../flags/common-flags.ts';
import { bool, text } from '../flags/flags.ts';
import { outputFlags } from '../printers/output.ts';
import { changeObjects } from '../writes/change-objects.ts';
import { checkChange } from '../writes/check-change.ts';
import { applyChanges, partChanges, readChanges } from '../writes/key-changes.ts';
import { recordFlag, recorded } from '../writes/record.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag } from '../writes/write-flags.ts';

const operationOf = (added: number, removed: number): string => (added > 0 && removed > 0 ? 'modified' : added > 0 ? 'labeled' : removed > 0 ? 'unlabeled' : 'not labeled');

export default command({
  usage: 'label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  description: `Update the labels on a resource.

 A label key and value begin with a letter or number, and may contain letters, numbers, hyphens, dots and underscores. With --overwrite, existing labels can be changed; without it that is an error. KEY- takes a label away.`,
  examples: `
    # Update pod 'foo' with the label 'unhealthy' and the value 'true'
    kubectl label pods foo unhealthy=true

    # Overwrite an existing label
    kubectl label --overwrite pods foo status=unhealthy

    # Remove the label 'bar' from a pod
    kubectl label pods foo bar-`,
  flags: {
    ...fileFlags, ...selectorFlag, ...fieldSelectorFlag, ...allNamespacesFlag, ...outputFlags, ...dryRunFlag, ...fieldManagerFlag('kubectl-label'), ...recordFlag,
    'all': bool('Select all resources, in the namespace of the specified resource types'),
    'list': bool('If true, display the labels for a given resource.'),
    'local': bool('If true, label will NOT contact api-server but run locally.'),
    'overwrite': bool('If true, allow labels to be overwritten, otherwise reject label updates that overwrite existing labels.'),
    'resource-version': text('If non-empty, the labels update will only succeed if this is the current resource-version for the object. Only valid when specifying a single resource.'),
  },
  async run(call) {
    const { session, flags, args } = call;
    const { resources, changes: words } = partChanges(args, 'label');
    const dryRun = dryRunOf(flags);
    const changes = readChanges(words, 'label');
    if (flags.list && flags.output !== '') throw new KubectlError('--list and --output may not be specified together');
    checkChange(flags, { resources, dryRun, example: 'pod' });
    if (changes.set.size === 0 && changes.remove.length === 0 && !flags.list) throw new KubectlError('at least one label update is required');
    await changeObjects(session, {
      selection: { args: resources, files: filesOf(flags), labelSelector: flags.selector, fieldSelector: flags['field-selector'], typeAlone: flags.all, allNamespaces: flags['all-namespaces'], local: flags.local },
      flags, dryRun, fieldManager: flags['field-manager'], ...(flags['resource-version'] !== '' && { onlyOne: '--resource-version may only be used with a single resource' }), ...(flags.list && { list: 'labels' as const }),
      async change(object) {
        const before = object.metadata?.labels ?? {};
        const { after, added, removed } = applyChanges(before, changes);
        const taken = flags.overwrite ? [] : added.filter((key) => before[key] !== undefined);
        if (taken.length > 0) throw new KubectlError(taken.length === 1 ? `'${taken[0]!}' already has a value (${before[taken[0]!]!}), and --overwrite is false` : `[${taken.map((key) => `'${key}' already has a value (${before[key]!}), and --overwrite is false`).join(', ')}]`);
        if (dryRun !== 'client') for (const key of changes.remove) if (before[key] === undefined) await session.io.stdout.write(`label ${JSON.stringify(key)} not found.\n`);
        return { object: recorded(call, { ...object, metadata: { ...object.metadata, labels: after, ...(flags['resource-version'] !== '' && { resourceVersion: flags['resource-version'] }) } }), operation: operationOf(added.length, removed.length) };
      },
    });
  },
});
