import { builtinSchema } from '../../api/schema/table.ts';
import { KubectlError } from '../errors.ts';
import { toGoJson } from '../printers/go-json.ts';
import { withoutManagedFields } from '../printers/object-printers.ts';
import type { AnyObject, Item } from '../resources/item.ts';
import type { Session } from '../session.ts';
import { sameValue } from '../writes/last-applied.ts';
import { mergePatchBetween } from '../writes/merge-patch.ts';
import { threeWayStrategicPatch } from '../writes/three-way-patch.ts';
import type { WriteOptions } from '../writes/write-object.ts';
import { patchObject } from '../writes/write-object.ts';

/** Patches what was edited on the server. */
export async function saveEdited(session: Session, edited: Item, original: Item | undefined, { outputPatch, change, ...options }: WriteOptions & { readonly outputPatch: boolean; readonly change: (object: AnyObject) => AnyObject }): Promise<{ readonly object: AnyObject; readonly operation: string }> {
  if (original === undefined) throw new KubectlError(`no original object found for ${JSON.stringify(edited.object)}`);
  const before = withoutManagedFields(original.object!);
  const after = change(edited.object!);
  if (sameValue(before, after)) return { object: after, operation: 'skipped' };
  if (before.apiVersion !== after.apiVersion || before.kind !== after.kind || before.metadata?.name !== after.metadata?.name) throw new KubectlError('At least one of apiVersion, kind and name was changed');
  const { group, version, kind } = edited.resource!;
  const schema = builtinSchema.kind(group, version, kind);
  const patch = schema === undefined ? mergePatchBetween(before, after) : threeWayStrategicPatch({ original: before, modified: after, current: before }, schema);
  const body = toGoJson(patch);
  if (outputPatch) await session.io.stdout.write(`Patch: ${body}\n`);
  const object = await patchObject(await session.connection(), edited, { type: schema === undefined ? 'merge' : 'strategic', body }, options);
  return { object, operation: 'edited' };
}
