import { isMap } from '../../../../base/is-map.ts';
import type { AnyObject } from '../../../resources/item.ts';
import { describer } from '../describer.ts';
import type { Page } from '../page.ts';

const skipped = new Set(['.metadata.managedFields', '.metadata.name', '.metadata.namespace', '.metadata.labels', '.metadata.annotations']);
const acronyms = new Set(['API', 'URL', 'UID', 'GUID']);

/** `lastTransitionTime` -> `Last Transition Time`, `podCIDRs` -> `Pod CIDRs`; other than letters and dashes leave a name as it is. */
export function titleOf(field: string): string {
  if (/[^\p{L}-]/u.test(field)) return field;
  const parts = field.match(/\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lu}+|-+|./gu) ?? [];
  const merged: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const [part, next] = [parts[i]!, parts[i + 1]];
    if (next !== undefined && part.length >= 2 && part === part.toUpperCase() && /^\p{Lu}/u.test(next)) {
      merged.push(part + next);
      i++;
    } else merged.push(part);
  }
  return merged.map((part) => (acronyms.has(part.toUpperCase()) ? part.toUpperCase() : part === part.toLowerCase() ? part.charAt(0).toUpperCase() + part.slice(1) : part)).join(' ');
}

const shown = (value: unknown): string => (value === null || value === undefined ? '<nil>' : typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean));

function write(page: Page, level: number, content: Readonly<Record<string, unknown>>, path: string): void {
  for (const field of Object.keys(content).sort()) {
    const value = content[field];
    const here = `${path}.${field}`;
    if (skipped.has(here)) continue;
    if (isMap(value)) {
      page.line(level, `${titleOf(field)}:`);
      write(page, level + 1, value, here);
    } else if (Array.isArray(value)) {
      page.line(level, `${titleOf(field)}:`);
      for (const child of value as unknown[]) {
        if (isMap(child)) write(page, level + 1, child, here);
        else page.line(level + 1, shown(child));
      }
    } else page.field(titleOf(field), shown(value), level);
  }
}

export default describer<AnyObject>('', async (object, { page, events }) => {
  const { name, namespace, labels, annotations } = object.metadata ?? {};
  page.field('Name', name);
  page.field('Namespace', namespace);
  page.labels('Labels', labels);
  page.annotations('Annotations', annotations);
  write(page, 0, object, '');
  await events();
});
