import type { Connection } from './connection.ts';

/** Everything that a list has, read page by page; `chunkSize` 0: at once. */
export async function listAll<T>(connection: Connection, path: string, { query = {}, chunkSize }: { readonly query?: Readonly<Record<string, string>>; readonly chunkSize: number }): Promise<T[]> {
  const found: T[] = [];
  let next = '';
  do {
    const parameters = new URLSearchParams({ ...query, ...(chunkSize > 0 && { limit: String(chunkSize) }), ...(next !== '' && { continue: next }) });
    const page: { readonly items?: readonly T[] | null; readonly metadata?: { readonly continue?: string } } = await connection.json({ method: 'GET', path: `${path}?${parameters.toString()}` });
    found.push(...(page.items ?? []));
    next = page.metadata?.continue ?? '';
  } while (next !== '');
  return found;
}
