import type { Command } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { selectorFlag } from '../../flags/common-flags.ts';
import { NamePrinter } from '../../printers/object-printers.ts';
import type { Item } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import type { Selected } from '../../resources/select.ts';
import type { Session } from '../../session.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import { doneText, dryRunFlag, dryRunOf } from '../../writes/write-flags.ts';
import { patchObject } from '../../writes/write-object.ts';

/** The nodes that a command names, by name or selector. */
export function selectNodes(session: Session, { args, selector, path, usage }: { readonly args: readonly string[]; readonly selector: string; readonly path: string; readonly usage: string }): Promise<Selected> {
  if (args.length === 0 && selector === '') throw new KubectlError(`USAGE: ${usage} [flags]\nSee '${path} -h' for help and examples`);
  if (args.length > 0 && selector !== '') throw new KubectlError(`error: cannot specify both a node name and a --selector option\nSee '${path} -h' for help and examples`);
  return select(session, args.length > 0 ? { args: args.map((name) => (name.includes('/') ? name : `nodes/${name}`)) } : { args: ['nodes'], labelSelector: selector });
}

/** Marks a node for pods to come or not to come, and says so. */
export async function cordon(session: Session, item: Item, { unschedulable, dryRun }: { readonly unschedulable: boolean; readonly dryRun: DryRun }): Promise<void> {
  const spec = item.object!['spec'] as { readonly unschedulable?: boolean } | undefined;
  const say = (operation: string): Promise<void> => session.io.stdout.write(new NamePrinter(doneText(operation, dryRun)).print(item.object!));
  if ((spec?.unschedulable === true) === unschedulable) return say(`already ${unschedulable ? '' : 'un'}cordoned`);
  try {
    if (dryRun !== 'client') await patchObject(await session.connection(), item, { type: 'strategic', body: JSON.stringify({ spec: { unschedulable: unschedulable ? true : null } }) }, { dryRun });
  } catch (error) {
    // As upstream: the next node is not to wait for this one.
    return session.io.stderr.write(`error: unable to ${unschedulable ? '' : 'un'}cordon node ${JSON.stringify(item.name)}: ${(error as Error).message}\n`);
  }
  return say(`${unschedulable ? '' : 'un'}cordoned`);
}

/** `kubectl cordon` and `kubectl uncordon`. */
export function cordoningCommand(name: 'cordon' | 'uncordon', description: string): Command {
  return command({
    usage: `${name} NODE`, description,
    examples: `
    # Mark node "foo" as ${name === 'cordon' ? 'unschedulable' : 'schedulable'}
    kubectl ${name} foo`,
    flags: { ...selectorFlag, ...dryRunFlag },
    async run({ session, flags, args, path }) {
      const dryRun = dryRunOf(flags);
      const selected = await selectNodes(session, { args, selector: flags.selector, path, usage: `${name} NODE` });
      for (const item of await selected.items()) await cordon(session, item, { unschedulable: name === 'cordon', dryRun });
      throwAll(selected.errors);
    },
  });
}
