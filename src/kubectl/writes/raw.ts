import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { KubectlError } from '../errors.ts';
import { readInput } from '../resources/read-files.ts';
import type { Session } from '../session.ts';

interface RawFlags { readonly raw: string; readonly filename: readonly string[]; readonly recursive: boolean; readonly output: string }

/** What does not go with `--raw`. `body`: it needs one file. */
export function checkRaw({ raw, filename, recursive, output }: RawFlags, { body }: { readonly body: boolean }): void {
  if (filename.length > 1 || (body && filename.length !== 1)) throw new KubectlError('--raw can only use a single local file or stdin');
  if (/^https?:\/\//.test(filename[0] ?? '')) throw new KubectlError('--raw cannot read from a url');
  if (recursive) throw new KubectlError('--raw and --recursive are mutually exclusive');
  if (output !== '') throw new KubectlError('--raw and --output are mutually exclusive');
  if (!raw.startsWith('/') && !URL.canParse(raw)) throw new KubectlError(`--raw must be a valid URL path: parse ${JSON.stringify(raw)}: invalid URI for request`);
}

/** Sends a file as it is to a path of the server, and prints what that answers. */
export async function sendRaw(session: Session, method: 'POST' | 'PUT' | 'DELETE', { raw, filename: [file] }: RawFlags): Promise<void> {
  let body: string | Uint8Array | undefined;
  if (file === '-') body = await readInput(session.io);
  else if (file !== undefined) {
    try {
      body = readFileSync(resolve(session.io.folder, file));
    } catch (error) {
      throw new KubectlError(`open ${file}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : (error as Error).message}`, { cause: error });
    }
  }
  await session.io.stdout.write(await (await session.connection()).text({ method, path: raw, ...(body !== undefined && { body }) }));
}
