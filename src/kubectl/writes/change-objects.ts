import { KubectlError, throwAll } from '../errors.ts';
import type { AnyObject, Item } from '../resources/item.ts';
import { groupOf } from '../resources/item.ts';
import type { Selection } from '../resources/select.ts';
import { select } from '../resources/select.ts';
import type { Session } from '../session.ts';
import { donePrinters } from './done-printer.ts';
import { mergePatchBetween } from './merge-patch.ts';
import type { DryRun } from './write-flags.ts';
import { patchObject } from './write-object.ts';

/** What is to become of one object: its new form and what is said of it. */
export interface Change { readonly object: AnyObject; readonly operation: string }

export interface ChangeOptions {
  readonly selection: Selection;
  readonly flags: { readonly 'output': string; readonly 'template': string; readonly 'show-managed-fields': boolean; readonly 'allow-missing-template-keys': boolean };
  readonly dryRun: DryRun;
  readonly fieldManager: string;
  /** Throws KubectlError for an object that cannot be changed so. */
  readonly change: (object: AnyObject, item: Item) => Change | Promise<Change>;
  /** Only one object may be changed: said otherwise. */
  readonly onlyOne?: string;
  /** These are listed, and nothing more is said. */
  readonly list?: 'labels' | 'annotations';
  /** Nothing was selected. */
  readonly none?: string;
}

/** As upstream, but in an order that does not change. */
function listed(object: AnyObject, what: 'labels' | 'annotations', single: boolean): string {
  const lines = Object.entries(object.metadata?.[what] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${single ? '' : ' '}${key}=${value}\n`);
  return `${single ? '' : `Listing ${what} for ${object.kind ?? ''}.${groupOf(object.apiVersion)}/${object.metadata?.name ?? ''}:\n`}${lines.join('')}`;
}

/** Reads the objects, changes each by a merge patch of what is different, and says so: what label, annotate, pause and others do. */
export async function changeObjects(session: Session, { selection, flags, dryRun, fieldManager, change, onlyOne, list, none }: ChangeOptions): Promise<void> {
  const printerOf = await donePrinters(session, flags, dryRun);
  const selected = await select(session, { continueOnError: true, latest: selection.local !== true, ...selection });
  if (onlyOne !== undefined && !selected.single) throw new KubectlError(onlyOne);
  const errors: Error[] = [];
  let count = 0;
  for await (const item of selected.visit()) {
    count++;
    try {
      const { object, operation } = await change(item.object!, item);
      const patch = mergePatchBetween(item.object!, object);
      const send = dryRun !== 'client' && selection.local !== true && list === undefined && Object.keys(patch).length > 0;
      const shown = send ? await patchObject(await session.connection(), item, { type: 'merge', body: JSON.stringify(patch) }, { dryRun, fieldManager }) : object;
      await session.io.stdout.write(list === undefined ? printerOf(operation).print(shown) : listed(shown, list, selected.single));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      errors.push(error);
    }
  }
  throwAll([...selected.errors, ...errors]);
  if (count === 0 && none !== undefined) throw new KubectlError(none);
}
