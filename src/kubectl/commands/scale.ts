import { command } from '../command.ts';
import { pathOf } from '../discovery/resource.ts';
import { KubectlError, throwAll } from '../errors.ts';
import { fileFlags, filesOf, selectorFlag } from '../flags/common-flags.ts';
import { bool, duration, int, text } from '../flags/flags.ts';
import { outputFlags } from '../printers/output.ts';
import type { AnyObject, Item } from '../resources/item.ts';
import { select } from '../resources/select.ts';
import type { Session } from '../session.ts';
import { donePrinters } from '../writes/done-printer.ts';
import { recordFlag, recordOn } from '../writes/record.ts';
import { dryRunFlag, dryRunOf } from '../writes/write-flags.ts';
import { patchObject, replaceObject } from '../writes/write-object.ts';

interface Scale extends AnyObject { readonly spec?: { readonly replicas?: number }; readonly status?: { readonly replicas?: number } }

interface Wanted { readonly replicas: number; readonly current: number; readonly resourceVersion: string }

async function scaleOne(session: Session, item: Item, { replicas, current, resourceVersion }: Wanted, dryRun: 'none' | 'server'): Promise<void> {
  const connection = await session.connection();
  const target = { ...item, subresource: 'scale' };
  if (current === -1 && resourceVersion === '') {
    await patchObject(connection, target, { type: 'merge', body: JSON.stringify({ spec: { replicas } }) }, { dryRun });
    return;
  }
  const scale = await connection.json<Scale>({ method: 'GET', path: pathOf(item.resource!, target) });
  if (current !== -1 && (scale.spec?.replicas ?? 0) !== current) throw new KubectlError(`Expected replicas to be ${current}, was ${scale.spec?.replicas ?? 0}`);
  if (resourceVersion !== '' && scale.metadata?.resourceVersion !== resourceVersion) throw new KubectlError(`Expected resource version to be ${resourceVersion}, was ${scale.metadata?.resourceVersion ?? ''}`);
  await replaceObject(connection, target, { ...scale, spec: { ...scale.spec, replicas } }, { dryRun });
}

async function waitForReplicas(session: Session, item: Item, replicas: number, timeoutMs: number): Promise<void> {
  const { clock, signal } = session.io;
  const connection = await session.connection();
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const scale = await connection.json<Scale>({ method: 'GET', path: pathOf(item.resource!, { ...item, subresource: 'scale' }) });
    if ((scale.spec?.replicas ?? 0) === replicas && (scale.status?.replicas ?? 0) === replicas) return;
    if (clock.monotonicMs() >= deadlineMs) throw new KubectlError(`timed out waiting for ${JSON.stringify(item.name)} to be synced`);
    await clock.sleep(200, signal);
  }
}

export default command({
  usage: 'scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
  description: `Set a new size for a deployment, replica set, replication controller, or stateful set.

 --current-replicas and --resource-version are conditions that are checked before the size is set.`,
  examples: `
    # Scale a replica set named 'foo' to 3
    kubectl scale --replicas=3 rs/foo

    # If the deployment named mysql's current size is 2, scale mysql to 3
    kubectl scale --current-replicas=2 --replicas=3 deployment/mysql`,
  flags: {
    ...fileFlags, ...selectorFlag, ...outputFlags, ...dryRunFlag, ...recordFlag,
    'all': bool('Select all resources in the namespace of the specified resource types'),
    'current-replicas': int('Precondition for current size. Requires that the current size of the resource match this value in order to scale. -1 (default) for no condition.', { initial: -1 }),
    'replicas': int('The new desired number of replicas. Required.', { required: true }),
    'resource-version': text('Precondition for resource version. Requires that the current resource version match this value in order to scale.'),
    'timeout': duration('The length of time to wait before giving up on a scale operation, zero means don\'t wait. Any other values should contain a corresponding time unit (e.g. 1s, 2m, 3h).', { initial: 0, text: '0s' }),
  },
  async run(call) {
    const { session, flags, args } = call;
    const dryRun = dryRunOf(flags);
    if (flags.replicas < 0) throw new KubectlError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
    if (flags['current-replicas'] < -1) throw new KubectlError('The --current-replicas must specify an integer of -1 or greater');
    const printer = (await donePrinters(session, flags, dryRun))('scaled');
    const selected = await select(session, { args, files: filesOf(flags), labelSelector: flags.selector, typeAlone: flags.all, continueOnError: true });
    const items = await selected.items();
    if (items.length === 0) {
      throwAll(selected.errors);
      throw new KubectlError('no objects passed to scale');
    }
    if (flags['resource-version'] !== '' && items.length > 1) throw new KubectlError('cannot use --resource-version with multiple resources');
    for (const item of items) {
      if (dryRun !== 'client') await scaleOne(session, item, { replicas: flags.replicas, current: flags['current-replicas'], resourceVersion: flags['resource-version'] }, dryRun);
      if (dryRun === 'none') await recordOn(call, item);
      if (dryRun === 'none' && flags.timeout > 0) await waitForReplicas(session, item, flags.replicas, flags.timeout);
      const object = dryRun === 'client' ? { ...item.object!, spec: { ...(item.object!['spec'] as object), replicas: flags.replicas } } : item.object!;
      await session.io.stdout.write(printer.print(object));
    }
    throwAll(selected.errors);
  },
});
