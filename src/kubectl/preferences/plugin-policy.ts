import { basename, isAbsolute, join, normalize, resolve } from 'node:path';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import { isExecutable, pathFolders } from '../plugins/find-plugin.ts';

/** Which credential plugins of a kubeconfig may run. */
export interface PluginPolicy {
  /** `''`: any. */
  readonly type: string;
  /** Their commands; undefined where none are written. */
  readonly allowed: readonly string[] | undefined;
}

/** Throws KubectlError for a policy that does not fit together: it is there to protect, so a mistake in it ends the call. */
export function checkPluginPolicy({ type, allowed }: PluginPolicy): void {
  if (type === '' || type === 'AllowAll' || type === 'DenyAll') {
    if (allowed !== undefined) throw new KubectlError(`misconfigured credential plugin allowlist: plugin policy is ${JSON.stringify(type)} but allowlist is non-nil`);
    return;
  }
  if (type !== 'Allowlist') throw new KubectlError(`unknown plugin policy: ${JSON.stringify(type)}`);
  if (allowed === undefined) throw new KubectlError('credential plugin policy set to "Allowlist", but allowlist is unspecified');
  if (allowed.length === 0) throw new KubectlError('credential plugin policy set to "Allowlist", but allowlist is empty; use "DenyAll" policy instead');
  for (const [at, command] of allowed.entries()) {
    if (command === '') throw new KubectlError(`misconfigured credential plugin allowlist: empty allowlist entry #${at + 1}`);
    const clean = cleaned(command);
    if (clean !== command) throw new KubectlError(`non-normalized file path: ${JSON.stringify(command)} vs ${JSON.stringify(clean)}`);
  }
}

const cleaned = (path: string): string => { const normal = normalize(path); return normal.length > 1 ? normal.replace(/\/$/, '') : normal; };

/** The file that a command is, as a shell would find it. */
function located(io: Io, command: string): string | undefined {
  if (command.includes('/')) return isExecutable(resolve(io.folder, command)) ? command : undefined;
  return pathFolders(io).map((folder) => join(folder, command)).find(isExecutable);
}

/** What may be run in the place of `command`. Throws KubectlError where the policy forbids it. */
export function permittedPlugin(io: Io, command: string, { type, allowed = [] }: PluginPolicy): string {
  if (type === '' || type === 'AllowAll') return command;
  const clean = cleaned(command);
  if (type === 'DenyAll') throw new KubectlError(`plugin ${JSON.stringify(clean)} not allowed: policy set to "DenyAll"`);
  if (allowed.includes(clean)) return command;
  const file = located(io, clean);
  if (file === undefined) throw new KubectlError(`plugin path ${JSON.stringify(clean)} cannot be resolved for credential plugin allowlist check: exec: ${JSON.stringify(clean)}: ${isAbsolute(clean) ? `stat ${clean}: no such file or directory` : 'executable file not found in $PATH'}`);
  if (allowed.includes(file) || allowed.some((one) => basename(one) === basename(file) && located(io, one) === file)) return file;
  throw new KubectlError(`plugin path ${JSON.stringify(file)} is not permitted by the credential plugin allowlist`);
}
