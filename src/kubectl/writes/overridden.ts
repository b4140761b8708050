import { KubectlError } from '../errors.ts';
import type { FlagValues } from '../flags/flags.ts';
import { text } from '../flags/flags.ts';
import type { AnyObject } from '../resources/item.ts';
import { goTyped } from './go-typed.ts';
import { patchLocally } from './patch-locally.ts';

/** Flags of commands whose generated object the user may change. */
export const overrideFlags = {
  'overrides': text('An inline JSON override for the generated object.'),
  'override-type': text('The method used to override the generated object: json, merge, or strategic.', { initial: 'merge' }),
} as const;

/** The generated object, changed as the user wants it. Throws KubectlError for a way of changing that there is not. */
export async function overridden(object: AnyObject, { overrides, 'override-type': type }: FlagValues<typeof overrideFlags>): Promise<AnyObject> {
  if (overrides === '') return object;
  const { decodeYaml } = await import('../../api/codec/yaml.ts');
  const { value } = decodeYaml(overrides);
  if (type !== 'json' && type !== 'merge' && type !== 'strategic') throw new KubectlError(`invalid override type: ${type}`);
  return goTyped(await patchLocally(object, { type, value }));
}
