import { goShaped } from '../../api/schema/go-shape.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { AnyObject } from '../resources/item.ts';
import { groupOf } from '../resources/item.ts';

/** An object as upstream shows it after it has been a Go struct. An object of a kind that is not built in is left as it is. */
export function goTyped(object: AnyObject): AnyObject {
  const { apiVersion = '', kind = '' } = object;
  const schema = builtinSchema.kind(groupOf(apiVersion), apiVersion.slice(apiVersion.indexOf('/') + 1), kind);
  return schema === undefined ? object : goShaped(object, schema) as AnyObject;
}
