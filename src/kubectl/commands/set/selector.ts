import type { LabelSelector } from '../../../api/types/meta/v1.ts';
import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { filesOf } from '../../flags/common-flags.ts';
import { text } from '../../flags/flags.ts';
import type { AnyObject } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { goTyped } from '../../writes/go-typed.ts';
import { labelSelectorOf } from '../../writes/label-selector-of.ts';
import { recordFlag, recorded } from '../../writes/record.ts';
import { dryRunOf } from '../../writes/write-flags.ts';
import { patchObject } from '../../writes/write-object.ts';
import { setFlags } from './set-flags.ts';
import { patchBetween } from './set-on.ts';

function withSelector(object: AnyObject, { matchLabels = {}, matchExpressions = [] }: LabelSelector): AnyObject {
  if (object.kind !== 'Service') throw new KubectlError('setting a selector is only supported for Services');
  if (matchExpressions.length > 0) throw new KubectlError(`match expression [${matchExpressions.map(({ key, operator, values = [] }) => `{${key} ${operator} [${values.join(' ')}]}`).join(' ')}] not supported on this object`);
  return { ...object, spec: { ...(object['spec'] as object | undefined), selector: matchLabels } };
}

export default command({
  usage: 'selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
  description: `Set the selector on a resource. Note that the new selector will overwrite the old selector if the resource had one prior to the invocation of 'set selector'.

 Currently selectors can only be set on services.`,
  examples: `
    # Set the selector of a service before creating a deployment/service pair
    kubectl create service clusterip my-svc --clusterip="None" -o yaml --dry-run=client | kubectl set selector --local -f - 'environment=qa' -o yaml | kubectl create -f -`,
  flags: {
    ...setFlags('set selector'), ...recordFlag,
    'resource-version': text('If non-empty, the selectors update will only succeed if this is the current resource-version for the object. Only valid when specifying a single resource.'),
  },
  async run(call) {
    const { session, flags, args } = call;
    const dryRun = dryRunOf(flags);
    const [resources, expression] = [args.slice(0, -1), args.at(-1)];
    const selector = expression === undefined ? undefined : labelSelectorOf(expression);
    const printer = (await donePrinters(session, flags, dryRun))('selector updated');
    if (selector === undefined) throw new KubectlError('one selector is required');
    const selected = await select(session, { args: resources, files: filesOf(flags), typeAlone: flags.all, local: flags.local, latest: !flags.local, continueOnError: true });
    const errors: Error[] = [];
    for (const item of await selected.items()) {
      try {
        const after = recorded(call, withSelector(item.object!, selector));
        const version = flags['resource-version'];
        const patch = { ...patchBetween(item.object!, after) };
        if (version !== '') patch['metadata'] = { ...(patch['metadata'] as object | undefined), resourceVersion: version };
        const shown = flags.local || dryRun === 'client' ? goTyped(after) : await patchObject(await session.connection(), item, { type: 'strategic', body: JSON.stringify(patch) }, { dryRun, fieldManager: flags['field-manager'] });
        await session.io.stdout.write(printer.print(shown));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        errors.push(error);
      }
    }
    throwAll([...selected.errors, ...errors]);
  },
});
