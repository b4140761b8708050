import { builtinSchema } from '../../api/schema/table.ts';
import { badRequestError } from '../../api/status.ts';
import type { RequestContext } from '../request.ts';
import { decodeTyped } from '../verbs/decode-object.ts';

/**
 * Reads a question that is answered and not kept: a review. Unknown fields are warned of. Throws BadRequest for what is
 * no object of the kind, whatever of it has the wrong type.
 */
export async function reviewBody<T extends object>(context: Pick<RequestContext, 'body' | 'warn'>, { group, kind }: { readonly group: string; readonly kind: string }): Promise<Partial<T>> {
  const value = await context.body();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequestError(`not a ${kind}: the body must hold one`);
  const schema = builtinSchema.kind(group, 'v1', kind);
  if (schema === undefined) throw new Error(`there is no ${kind} in ${group}`);
  return decodeTyped({ value, duplicates: [] }, { group, version: 'v1', kind, schema }, { fieldValidation: 'Warn', warn: (message) => context.warn(message) }) as unknown as Partial<T>;
}
