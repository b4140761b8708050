import { sortKeys } from '../printers/go-json.ts';
import { toGoJson } from '../printers/go-json.ts';
import type { AnyObject } from '../resources/item.ts';

/** Where client-side apply remembers what was applied. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object as its annotation remembers it: without the annotation itself, one line, a newline at its end. */
export function lastAppliedOf(object: AnyObject): string {
  const annotations = { ...object.metadata?.annotations };
  delete annotations[lastAppliedAnnotation];
  const bare: AnyObject = { ...object, metadata: { ...object.metadata, annotations } };
  return `${toGoJson(bare)}\n`;
}

/** The object with the annotation that remembers it. */
export function withLastApplied(object: AnyObject): AnyObject {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata?.annotations, [lastAppliedAnnotation]: lastAppliedOf(object) } } };
}

/** Whether two values are the same, whatever the order of their keys. */
export const sameValue = (a: unknown, b: unknown): boolean => JSON.stringify(sortKeys(a)) === JSON.stringify(sortKeys(b));
