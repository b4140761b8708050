import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';

/** Whether preferences of users are read at all: `KUBECTL_KUBERC=false` turns them off, with their flag and command. */
export const readsPreferences = ({ environment }: Io): boolean => environment['KUBECTL_KUBERC']?.toLowerCase() !== 'false';

/** Where preferences are, unless a user says otherwise. */
const usualFile = ({ home }: Io): string => join(home, '.kube', 'kuberc');

/** The file of preferences: that of the flag, else of $KUBERC, else `~/.kube/kuberc`; undefined where $KUBERC is `off`. `explicit`: the user named it. */
export function kubercFile(io: Io, flag: string): { readonly file: string; readonly explicit: boolean } | undefined {
  const named = io.environment['KUBERC'] ?? '';
  if (named === 'off') {
    if (flag !== '') throw new KubectlError('disabling kuberc via KUBERC=off and passing kuberc flag are mutually exclusive');
    return undefined;
  }
  const usual = usualFile(io);
  if (flag !== '' && flag !== usual) return { file: flag, explicit: true };
  return named === '' ? { file: usual, explicit: flag !== '' } : { file: named, explicit: true };
}

/** Says at the cost of one look at the disk whether a line has preferences to heed. */
export const mayHavePreferences = (io: Io, line: readonly string[]): boolean =>
  (io.environment['KUBERC'] ?? '') !== '' || line.some((word) => word.includes('--kuberc')) || existsSync(usualFile(io));
