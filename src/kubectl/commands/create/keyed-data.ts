import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { KubectlError } from '../../errors.ts';
import type { Io } from '../../io.ts';

export interface KeyedSources {
  readonly files: readonly string[];
  readonly literals: readonly string[];
  readonly environmentFiles: readonly string[];
  /** For messages. */
  readonly what: 'ConfigMap' | 'Secret';
  readonly name: string;
}

const validKey = /^[-._a-zA-Z0-9]+$/;
const keyRule = 'a valid config key must consist of alphanumeric characters, \'-\', \'_\' or \'.\' (e.g. \'key.name\',  or \'KEY_NAME\',  or \'key-name\', regex used for validation is \'[-._a-zA-Z0-9]+\')';

/** The keys and values of flags: text as text, what is no UTF-8 as bytes. Throws KubectlError with upstream's words. */
export async function keyedData(io: Io, { files, literals, environmentFiles, what, name }: KeyedSources): Promise<{ readonly text: ReadonlyMap<string, string>; readonly binary: ReadonlyMap<string, Uint8Array> }> {
  if (environmentFiles.length > 0 && (files.length > 0 || literals.length > 0)) throw new KubectlError('from-env-file cannot be combined with from-file or from-literal');
  const text = new Map<string, string>();
  const binary = new Map<string, Uint8Array>();
  const add = (key: string, value: string | Uint8Array): void => {
    // Upstream says the same of both in other words.
    if (!validKey.test(key) || key === '.' || key === '..') throw new KubectlError(`${JSON.stringify(key)} is not ${what === 'Secret' ? 'valid key name for a Secret' : 'a valid key name for a ConfigMap:'} ${keyRule}`);
    if (text.has(key) || binary.has(key)) throw new KubectlError(what === 'Secret' ? `cannot add key ${key}, another key by that name already exists` : `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ConfigMap ${JSON.stringify(name)}`);
    if (typeof value === 'string') text.set(key, value);
    else binary.set(key, value);
  };
  for (const literal of literals) {
    const equals = literal.indexOf('=');
    if (equals <= 0) throw new KubectlError(`invalid literal source ${literal}, expected key=value`);
    add(literal.slice(0, equals), literal.slice(equals + 1).replace(/^'([\s\S]*)'$|^"([\s\S]*)"$/, (_, a: string | undefined, b: string | undefined) => a ?? b ?? ''));
  }
  for (const source of files) for (const [key, path] of pathsOf(source, io)) add(key, contentOf(readFile(path, io)));
  for (const file of environmentFiles) {
    if (isFolder(file, io)) throw new KubectlError(`env ${what === 'Secret' ? 'secret' : 'config'} file cannot be a directory`);
    for (const [key, value] of environmentOf(readFile(file, io).toString('utf8'), { file, io })) add(key, value);
  }
  return { text, binary };
}

function contentOf(bytes: Buffer): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not text: it goes as it is.
    return bytes;
  }
}

function readFile(path: string, io: Io): Buffer {
  try {
    return readFileSync(resolve(io.folder, path));
  } catch (error) {
    throw new KubectlError((error as NodeJS.ErrnoException).code === 'ENOENT' ? `error reading ${path}: no such file or directory` : (error as Error).message, { cause: error });
  }
}

function isFolder(path: string, io: Io): boolean {
  try {
    return statSync(resolve(io.folder, path)).isDirectory();
  } catch (error) {
    throw new KubectlError((error as NodeJS.ErrnoException).code === 'ENOENT' ? `error reading ${path}: no such file or directory` : `error reading ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** `path`, `key=path`, or a folder, whose files are all taken. */
function pathsOf(source: string, io: Io): [string, string][] {
  const parts = source.split('=');
  if (parts.length > 2) throw new KubectlError('key names or file paths cannot contain \'=\'');
  if (parts.length === 2 && (parts[0] === '' || parts[1] === '')) throw new KubectlError(parts[0] === '' ? `key name for file path ${parts[1]!} missing` : `file path for key name ${parts[0]!} missing`);
  const path = parts.at(-1)!;
  const key = parts.length === 2 ? parts[0]! : basename(path);
  if (!isFolder(path, io)) return [[key, path]];
  if (parts.length === 2) throw new KubectlError('cannot give a key name for a directory path');
  return readdirSync(resolve(io.folder, path), { withFileTypes: true }).filter((entry) => entry.isFile() && validKey.test(entry.name)).map(({ name }) => [name, join(path, name)]);
}

/** Lines of `KEY=value`; a key alone takes its value from the environment. */
function environmentOf(content: string, { file, io }: { readonly file: string; readonly io: Io }): [string, string][] {
  return content.split('\n').flatMap((line): [string, string][] => {
    const trimmed = line.trimStart().replace(/\r$/, '');
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const equals = trimmed.indexOf('=');
    const key = equals < 0 ? trimmed : trimmed.slice(0, equals);
    if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key)) throw new KubectlError(`env file ${file}: ${JSON.stringify(key)} is not a valid key name: ${keyRule}`);
    return [[key, equals < 0 ? io.environment[key] ?? '' : trimmed.slice(equals + 1)]];
  });
}
