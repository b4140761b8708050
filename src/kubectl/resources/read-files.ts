import { lstatSync, readFileSync, readdirSync, statSync, globSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { AnyObject } from './item.ts';

/** Flags that say where objects are read from. */
export interface FileOptions {
  readonly filenames: readonly string[];
  readonly kustomize: string;
  readonly recursive: boolean;
}

/** An object and where it was read. */
export interface ReadObject { readonly object: AnyObject; readonly source: string }

const extensions = new Set(['.json', '.yaml', '.yml']);
const urlAttempts = 3;
/** A manifest is no film. */
const maxBytes = 256 * 1024 * 1024;

/** What a file's name stands for. `single`: one file or URL, and not a folder. */
export interface Source {
  readonly name: string;
  readonly read: () => Promise<string>;
}

function stat(path: string): { readonly folder: boolean } | undefined {
  try {
    return { folder: statSync(path).isDirectory() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw new KubectlError(`the path ${JSON.stringify(path)} cannot be accessed: ${(error as Error).message}`, { cause: error });
  }
}

/** The manifests of a folder in the order of their names; those of folders in it where `recursive` says so. */
function filesOf(folder: string, io: Io, recursive: boolean): string[] {
  return readdirSync(resolve(io.folder, folder)).sort().flatMap((name) => {
    const path = join(folder, name);
    if (lstatSync(resolve(io.folder, path)).isDirectory()) return recursive ? filesOf(path, io, true) : [];
    return extensions.has(extname(name)) ? [path] : [];
  });
}

function fileSource(path: string, io: Io): Source {
  return {
    name: path,
    read: async () => {
      const bytes = readFileSync(resolve(io.folder, path));
      if (bytes.length > maxBytes) throw new KubectlError(`error reading ${JSON.stringify(path)}: it is larger than ${maxBytes / 1024 / 1024} MiB`);
      return decodeText(bytes);
    },
  };
}

/** UTF-8, or UTF-16 with its mark, as some programs on Windows write. */
function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}

/** All of the standard input, as text. */
export const readInput = (io: Io): Promise<string> => readStream(io.stdin);

async function readStream(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new KubectlError(`the standard input is larger than ${maxBytes / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return decodeText(Buffer.concat(chunks));
}

async function readUrl(url: string, io: Io): Promise<string> {
  let failure = new KubectlError('');
  for (let attempt = 0; attempt < urlAttempts; attempt++) {
    if (attempt > 0) await io.clock.sleep(1000, io.signal);
    let response: Response;
    try {
      response = await fetch(url, { signal: io.signal });
    } catch (error) {
      failure = new KubectlError(`Get ${JSON.stringify(url)}: ${error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)}`, { cause: error });
      continue;
    }
    if (response.ok) return response.text();
    failure = new KubectlError(`unable to read URL ${JSON.stringify(url)}, server reported ${response.status} ${response.statusText}, status code=${response.status}`);
    if (response.status < 500) break;
  }
  throw failure;
}

/** The sources that `-f` names. `singleItemImplied`: it is one file. Throws KubectlError for a path that does not exist. */
export function sourcesOf({ filenames, recursive }: FileOptions, io: Io): { readonly sources: readonly Source[]; readonly singleItemImplied: boolean } {
  const sources: Source[] = [];
  let singleItemImplied = false;
  let stdin = false;
  for (const name of filenames) {
    if (name === '-') {
      if (stdin) throw new KubectlError('standard input cannot be used for multiple arguments');
      stdin = true;
      sources.push({ name: 'STDIN', read: () => readInput(io) });
    } else if (/^https?:\/\//.test(name)) {
      if (!URL.canParse(name)) throw new KubectlError(`the URL passed to filename ${JSON.stringify(name)} is not valid`);
      sources.push({ name, read: () => readUrl(name, io) });
    } else {
      const matches = stat(resolve(io.folder, name)) === undefined ? globSync(name, { cwd: io.folder }).sort() : [name];
      if (matches.length === 0) throw new KubectlError(`the path ${JSON.stringify(name)} does not exist`);
      const found = matches.flatMap((path) => (stat(resolve(io.folder, path))?.folder === true ? filesOf(path, io, recursive) : [path]));
      if (found.length === 0 && sources.length === 0) throw new KubectlError(`error reading [${matches.join(' ')}]: recognized file extensions are [.json .yaml .yml]`);
      if (!recursive && matches.length === 1 && found.length === 1) singleItemImplied = true;
      sources.push(...found.map((path) => fileSource(path, io)));
    }
  }
  return { sources, singleItemImplied: singleItemImplied && sources.length === 1 };
}
