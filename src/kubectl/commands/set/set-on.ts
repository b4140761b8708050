import type { ObjectSchema } from '../../../api/schema/schema.ts';
import { builtinSchema } from '../../../api/schema/table.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import type { Printer } from '../../printers/printer.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { groupOf, kindName } from '../../resources/item.ts';
import type { Session } from '../../session.ts';
import { goTyped } from '../../writes/go-typed.ts';
import { threeWayStrategicPatch } from '../../writes/three-way-patch.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import { patchObject } from '../../writes/write-object.ts';

export interface SetOptions {
  readonly dryRun: DryRun;
  readonly local: boolean;
  readonly fieldManager: string;
  readonly printer: Printer;
  /** The object as it is to be; undefined: it stays as it is. Throws KubectlError when it cannot be so. */
  readonly change: (object: AnyObject) => AnyObject | undefined | Promise<AnyObject | undefined>;
  /** Said before a refusal. */
  readonly failure: string;
  /** What has gone wrong already, told with the rest. */
  readonly errors?: Error[];
  /** What does not change anything is sent nonetheless, and told. */
  readonly sendsNothing?: boolean;
}

/** The strategic merge patch between two states of an object of a built-in kind. */
export function patchBetween(before: AnyObject, after: AnyObject): Record<string, unknown> {
  const schema: ObjectSchema | undefined = builtinSchema.kind(groupOf(before.apiVersion), before.apiVersion?.split('/').at(-1) ?? '', before.kind ?? '');
  if (schema === undefined) throw new KubectlError(`no kind ${JSON.stringify(before.kind)} is registered for version ${JSON.stringify(before.apiVersion)}`);
  return threeWayStrategicPatch({ original: before, modified: after, current: before }, schema);
}

const objectName = ({ resource, object, name }: Item): string => `${resource?.resource ?? kindName({ kind: object?.kind ?? '', group: groupOf(object?.apiVersion) })}/${name}`;

/** What the commands of `set` have in common: each object is changed by a strategic merge patch and told of. All errors are told at the end. */
export async function setOn(session: Session, items: readonly Item[], options: SetOptions): Promise<void> {
  const { dryRun, local, fieldManager, printer, change, failure, errors = [], sendsNothing = false } = options;
  for (const item of items) {
    let after: AnyObject | undefined;
    let patch: Record<string, unknown> = {};
    try {
      after = await change(item.object!);
      if (after !== undefined) patch = patchBetween(item.object!, after);
    } catch (error) {
      errors.push(new KubectlError(`error: ${objectName(item)} ${(error as Error).message}\n`, { cause: error }));
      continue;
    }
    if (after === undefined || (Object.keys(patch).length === 0 && !sendsNothing)) continue;
    try {
      const shown = local || dryRun === 'client' ? goTyped(after) : await patchObject(await session.connection(), item, { type: 'strategic', body: JSON.stringify(patch) }, { dryRun, fieldManager });
      await session.io.stdout.write(printer.print(shown));
    } catch (error) {
      errors.push(new KubectlError(`${failure}${(error as Error).message}`, { cause: error }));
    }
  }
  throwAll(errors);
}
