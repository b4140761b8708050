import type { Call } from '../command.ts';
import type { FlagSet } from '../flags/flags.ts';
import { bool } from '../flags/flags.ts';
import type { AnyObject, Item } from '../resources/item.ts';
import { patchObject } from './write-object.ts';

/** Why an object is as it is, for `rollout history`. */
export const changeCauseAnnotation = 'kubernetes.io/change-cause';

export const recordFlag = { record: bool('Record current kubectl command in the resource annotation.', { deprecated: '--record will be removed in the future' }) } as const;

/** The command line as upstream writes it down: arguments first, then flags in their order. */
function commandLineOf({ path, args, flags, given }: Call): string {
  const values: Readonly<Record<string, unknown>> = flags;
  const written = [...given].flatMap((name) => {
    const value = values[name];
    return (Array.isArray(value) ? value : [value]).map((one) => ` --${name}=${String(one)}`);
  });
  return `${[path, ...args].join(' ')}${written.join('')}`;
}

/** The object with this command as its cause, where `--record` asks for that. */
export function recorded<F extends FlagSet>(call: Call<F & typeof recordFlag>, object: AnyObject): AnyObject {
  if (!(call.flags as { readonly record: boolean }).record) return object;
  const annotations = { ...object.metadata?.annotations, [changeCauseAnnotation]: commandLineOf(call as unknown as Call) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Writes this command down as the cause of an object on the server, where `--record` asks for that. */
export async function recordOn<F extends FlagSet>(call: Call<F & typeof recordFlag>, item: Item): Promise<void> {
  const { metadata } = recorded(call, {});
  if (metadata !== undefined) await patchObject(await call.session.connection(), item, { type: 'merge', body: JSON.stringify({ metadata }) });
}
