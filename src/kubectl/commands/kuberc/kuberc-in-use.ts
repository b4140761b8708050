import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KubectlError } from '../../errors.ts';
import { kubercFile } from '../../preferences/kuberc-file.ts';
import type { Preference } from '../../preferences/preference.ts';
import { group, kind } from '../../preferences/preference.ts';
import { toGoYaml } from '../../printers/go-yaml.ts';
import type { Session } from '../../session.ts';

/** No preferences yet. */
export const noPreference: Preference = { apiVersion: `${group}/v1beta1`, kind, defaults: null, aliases: null };

/** The file that `kuberc` commands are about. Throws KubectlError where preferences are turned off. */
export function kubercInUse({ io, globals }: Session): { readonly file: string; readonly explicit: boolean } {
  const found = kubercFile(io, globals.kuberc);
  if (found === undefined) throw new KubectlError('KUBERC is disabled via KUBERC=off environment variable');
  return found;
}

/** What it says; undefined where there is none. */
export function readKuberc({ io }: Session, file: string): string | undefined {
  try {
    return readFileSync(resolve(io.folder, file), 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new KubectlError(`error reading kuberc file: ${code === 'EACCES' ? `open ${file}: permission denied` : code === 'EISDIR' ? `read ${file}: is a directory` : message}`, { cause: error });
  }
}

/** Writes it, and says so. */
export async function writeKuberc({ io }: Session, file: string, preference: Preference): Promise<void> {
  const path = resolve(io.folder, file);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, toGoYaml(preference as unknown as Parameters<typeof toGoYaml>[0]), { mode: 0o644 });
  await io.stdout.write(`Updated ${file}\n`);
}
