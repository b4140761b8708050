import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';

export interface EditedFile { readonly text: string; readonly path: string }

/** The user's editor, from KUBE_EDITOR or EDITOR, as a program and its first arguments. */
function editorOf({ environment }: Io): { readonly shown: string; readonly command: string; readonly args: readonly string[] } {
  const editor = [environment['KUBE_EDITOR'], environment['EDITOR']].find((value) => value !== undefined && value !== '') ?? 'vi';
  if (!editor.includes(' ')) return { shown: editor, command: editor, args: [] };
  // Quotes are for a shell to read.
  if (/["'\\]/.test(editor)) return { shown: editor, command: environment['SHELL'] ?? '/bin/bash', args: ['-c', `${editor} "$0"`] };
  const [command = '', ...args] = editor.split(' ');
  return { shown: editor, command, args };
}

/** Puts the text into a file of its own, lets the user edit it, and reads it again. The file stays. */
export async function launchEditor(io: Io, text: string, extension: '.yaml' | '.json'): Promise<EditedFile> {
  const folder = io.environment['TMPDIR'] ?? tmpdir();
  const path = join(folder, `kubectl-edit-${io.random.suffix(10)}${extension}`);
  // Secrets may be edited: nobody else reads them.
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  const { shown, command, args } = editorOf(io);
  await new Promise<void>((resolve, reject) => {
    const child = spawn(command, [...args, path], { stdio: 'inherit', cwd: io.folder, env: io.environment });
    child.once('error', (error) => reject(new KubectlError(`${command.includes('/') ? 'there was a problem with' : 'unable to launch'} the editor ${JSON.stringify(shown)}`, { cause: error })));
    child.once('close', (code) => (code === 0 ? resolve() : reject(new KubectlError(`there was a problem with the editor ${JSON.stringify(shown)}`))));
  });
  return { text: readFileSync(path, 'utf8'), path };
}

/** Takes the file away; it may be gone already. */
export const discard = (path: string): void => rmSync(path, { force: true });
