import { createHash } from 'node:crypto';
import { toGoJson } from '../../printers/go-json.ts';
import type { AnyObject } from '../../resources/item.ts';

/** Digits that make words are replaced, as upstream does (so that no name says something). */
const letters: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };

/** The object's name with ten characters that follow from its content: a change makes another name. As upstream's `hash`. */
export function hashedName(object: AnyObject & { readonly data?: unknown; readonly binaryData?: unknown; readonly type?: string }): string {
  const encoded = object.kind === 'Secret'
    ? { kind: 'Secret', type: object.type ?? '', name: object.metadata?.name ?? '', data: object.data ?? {} }
    : { kind: 'ConfigMap', name: object.metadata?.name ?? '', data: object.data ?? '', ...(object.binaryData !== undefined && { binaryData: object.binaryData }) };
  const hex = createHash('sha256').update(toGoJson(encoded)).digest('hex').slice(0, 10);
  return `${object.metadata?.name ?? ''}-${Array.from(hex, (c) => letters[c] ?? c).join('')}`;
}
