import type { AnyObject } from '../../../resources/item.ts';
import { hashedName } from '../hashed-name.ts';

/** A Secret with its values as they are sent. `hash`: its name ends with what follows from them. */
export function secretObject({ name, type, data, hash }: { readonly name: string; readonly type: string; readonly data: ReadonlyMap<string, string | Uint8Array>; readonly hash: boolean }): AnyObject {
  const encoded = Object.fromEntries([...data].map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
  const object: AnyObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...(data.size > 0 && { data: encoded }), ...(type !== '' && { type }) };
  return hash ? { ...object, metadata: { name: hashedName(object) } } : object;
}
