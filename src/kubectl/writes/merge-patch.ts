import { isMap } from '../../base/is-map.ts';
import { sameValue } from './last-applied.ts';

type Json = Readonly<Record<string, unknown>>;

/** The JSON merge patch (RFC 7396) that turns one value into the other; empty when they are the same. */
export function mergePatchBetween(before: Json, after: Json): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[key], after[key]];
    if (is === undefined) patch[key] = null;
    else if (isMap(was) && isMap(is)) {
      const inner = mergePatchBetween(was, is);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (!sameValue(was, is)) patch[key] = is;
  }
  return patch;
}
