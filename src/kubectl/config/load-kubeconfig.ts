import { readFileSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { ClusterEntry, ContextEntry, Kubeconfig, UserEntry } from './kubeconfig.ts';
import { parsePlainYaml } from './plain-yaml.ts';

/** The configuration of all files together; an entry comes from the first file that has its name. */
export interface LoadedConfig {
  readonly currentContext: string;
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly contexts: ReadonlyMap<string, ContextEntry>;
  readonly users: ReadonlyMap<string, UserEntry>;
  /** Which file an entry came from, by `clusters/NAME` and the like. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Paths inside an entry are relative to its file. */
const paths = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'] as const;

/**
 * The files that make the configuration, in their order of precedence: `--kubeconfig`, else those of $KUBECONFIG, else
 * `~/.kube/config`. `explicit`: the user named it, so it has to be there.
 */
export function kubeconfigFiles(io: Io, flag: string): { readonly files: readonly string[]; readonly explicit: boolean } {
  if (flag !== '') return { files: [resolve(io.folder, flag)], explicit: true };
  const listed = (io.environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) return { files: [...new Set(listed)].map((file) => resolve(io.folder, file)), explicit: false };
  return { files: [join(io.home, '.kube', 'config')], explicit: false };
}

/** One file, or undefined when there is none. Throws KubectlError with the file's name for what cannot be read. */
export async function readKubeconfig(file: string): Promise<Kubeconfig | undefined> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new KubectlError(`error loading config file ${JSON.stringify(file)}: ${code === 'EACCES' ? `open ${file}: permission denied` : message}`, { cause: error });
  }
  let value: unknown;
  try {
    value = parsePlainYaml(text) ?? (await import('yaml')).parse(text, { version: '1.1', prettyErrors: false }) as unknown;
  } catch (error) {
    throw new KubectlError(`error loading config file ${JSON.stringify(file)}: yaml: ${(error as Error).message}`, { cause: error });
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new KubectlError(`error loading config file ${JSON.stringify(file)}: it is not a kubeconfig: an object is expected`);
  return value as Kubeconfig;
}

function located<T extends object>(entry: T | null | undefined, file: string): T {
  const copy = { ...entry } as Record<string, unknown>;
  for (const key of paths) {
    const path = copy[key];
    if (typeof path === 'string' && path !== '' && !isAbsolute(path)) copy[key] = join(dirname(file), path);
  }
  const { exec } = copy as { readonly exec?: { readonly command?: unknown } };
  // A plugin's name is looked for on the path; with a folder it is one of the file's.
  if (typeof exec?.command === 'string' && exec.command.includes('/') && !isAbsolute(exec.command)) copy['exec'] = { ...exec, command: join(dirname(file), exec.command) };
  return copy as T;
}

/** Reads and merges. Throws when a file that the user named is missing. `asWritten`: paths inside stay as the file has them. */
export async function loadConfig(io: Io, flag: string, { asWritten = false }: { readonly asWritten?: boolean } = {}): Promise<LoadedConfig> {
  const { files, explicit } = kubeconfigFiles(io, flag);
  let currentContext = '';
  const clusters = new Map<string, ClusterEntry>();
  const contexts = new Map<string, ContextEntry>();
  const users = new Map<string, UserEntry>();
  const sources = new Map<string, string>();
  for (const file of files) {
    const config = await readKubeconfig(file);
    if (config === undefined) {
      if (explicit) throw new KubectlError(`stat ${flag}: no such file or directory`);
      continue;
    }
    if (currentContext === '') currentContext = config['current-context'] ?? '';
    const add = <T extends object>(into: Map<string, T>, kind: string, entries: readonly { readonly name: string }[] | null | undefined, entryOf: string): void => {
      for (const named of entries ?? []) {
        if (into.has(named.name)) continue;
        const entry = (named as unknown as Record<string, T | null | undefined>)[entryOf];
        into.set(named.name, asWritten ? { ...entry } as T : located(entry, file));
        sources.set(`${kind}/${named.name}`, file);
      }
    };
    add(clusters, 'clusters', config.clusters, 'cluster');
    add(contexts, 'contexts', config.contexts, 'context');
    add(users, 'users', config.users, 'user');
  }
  return { currentContext, clusters, contexts, users, sources };
}
