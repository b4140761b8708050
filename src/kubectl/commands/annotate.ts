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

export default command({
  usage: 'annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  description: `Update the annotations on one or more resources.

 An annotation is a key/value pair that can hold larger (compared to a label), and possibly not human-readable, data. With --overwrite, existing annotations can be changed; without it that is an error. KEY- takes one away.`,
  examples: `
    # Update pod 'foo' with the annotation 'description' and the value 'my frontend'
    kubectl annotate pods foo description='my frontend'

    # Remove the annotation 'description' from a pod
    kubectl annotate pods foo description-`,
  flags: {
    ...fileFlags, ...selectorFlag, ...fieldSelectorFlag, ...allNamespacesFlag, ...outputFlags, ...dryRunFlag, ...fieldManagerFlag('kubectl-annotate'), ...recordFlag,
    'all': bool('Select all resources, in the namespace of the specified resource types.'),
    'list': bool('If true, display the annotations for a given resource.'),
    'local': bool('If true, annotation will NOT contact api-server but run locally.'),
    'overwrite': bool('If true, allow annotations to be overwritten, otherwise reject annotation updates that overwrite existing annotations.'),
    'resource-version': text('If non-empty, the annotation update will only succeed if this is the current resource-version for the object. Only valid when specifying a single resource.'),
  },
  async run(call) {
    const { session, flags, args } = call;
    const { resources, changes: words } = partChanges(args, 'annotation');
    const dryRun = dryRunOf(flags);
    const changes = readChanges(words, 'annotation');
    checkChange(flags, { resources, dryRun, example: 'rsrc' });
    if (changes.set.size === 0 && changes.remove.length === 0 && !flags.list) throw new KubectlError('at least one annotation update is required');
    await changeObjects(session, {
      selection: { args: resources, files: filesOf(flags), labelSelector: flags.selector, fieldSelector: flags['field-selector'], typeAlone: flags.all, allNamespaces: flags['all-namespaces'], local: flags.local },
      flags, dryRun, fieldManager: flags['field-manager'], ...(flags['resource-version'] !== '' && { onlyOne: '--resource-version may only be used with a single resource' }), ...(flags.list && { list: 'annotations' as const }),
      change(object) {
        const before = object.metadata?.annotations ?? {};
        const taken = flags.overwrite ? [] : [...changes.set.keys()].filter((key) => before[key] !== undefined);
        if (taken.length > 0) throw new KubectlError(`--overwrite is false but found the following declared annotation(s): ${taken.map((key) => `'${key}' already has a value (${before[key]!})`).join('; ')}`);
        const { after } = applyChanges(before, changes);
        return { object: recorded(call, { ...object, metadata: { ...object.metadata, annotations: after, ...(flags['resource-version'] !== '' && { resourceVersion: flags['resource-version'] }) } }), operation: 'annotated' };
      },
    });
  },
});
