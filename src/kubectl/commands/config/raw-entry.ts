import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readKubeconfig } from '../../config/load-kubeconfig.ts';
import type { KubeconfigEditor, Section } from '../../config/edit-kubeconfig.ts';
import { KubectlError } from '../../errors.ts';
import type { Io } from '../../io.ts';

const held = { clusters: 'cluster', contexts: 'context', users: 'user' } as const;

/** An entry as its file has it, paths as they are written; an empty one where there is none. */
export async function rawEntry(editor: KubeconfigEditor, section: Section, name: string): Promise<Record<string, unknown>> {
  const file = editor.config.sources.get(`${section}/${name}`);
  const list = (file === undefined ? undefined : (await readKubeconfig(file))?.[section]) as readonly Record<string, unknown>[] | null | undefined;
  const entry = list?.find((one) => one['name'] === name)?.[held[section]];
  return { ...(entry as Record<string, unknown> | null | undefined) };
}

/** A file's content for `-data` fields. Throws KubectlError where there is no such file. */
export function embedded(io: Io, flag: string, path: string): string {
  try {
    return readFileSync(resolve(io.folder, path)).toString('base64');
  } catch (error) {
    throw new KubectlError(`could not stat ${flag} file ${path}: stat ${path}: no such file or directory`, { cause: error });
  }
}

/** A path that means the same from everywhere. */
export const absolute = (io: Io, path: string): string => resolve(io.folder, path);
