import type { AnyObject } from '../../resources/item.ts';
import type { Compared } from './merged-object.ts';

type Data = Record<string, unknown>;

const dataOf = (object: AnyObject | undefined): Data => ({ ...(object?.['data'] as Data | null | undefined) });
const [mask, before, after] = ['***', '*** (before)', '*** (after)'];

/** The same secrets with stars for their values, which still tell what has changed. */
export function maskSecrets({ live, merged }: Compared): Compared {
  const [from, to] = [dataOf(live), dataOf(merged)];
  const masked = (own: Data, other: Data, changed: string): Data => Object.fromEntries(Object.entries(own).map(([key, value]) => [key, Object.hasOwn(other, key) && other[key] !== value ? changed : mask]));
  const withData = (object: AnyObject | undefined, data: Data): AnyObject | undefined => (object?.['data'] === undefined ? object : { ...object, data });
  return { live: withData(live, masked(from, to, before)), merged: withData(merged, masked(to, from, after)) };
}
