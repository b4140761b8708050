import { mkdir, open, readFile, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type * as Yaml from 'yaml';
import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import type { KeyPair } from './key-pair.ts';
import { writeFileAtomic } from './files.ts';

/** The path of a certificate with its key after it, which may be renewed there. */
export interface PairFile { readonly file: string }

/** One cluster, one user and the context that joins them. */
export interface KubeconfigEntry {
  /** `https://host:port`. */
  readonly server: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly authority: string;
  readonly user: { readonly name: string; readonly credentials: KeyPair | { readonly token: string } | PairFile };
  readonly clusterName: string;
  readonly contextName: string;
}

/** The outcome of touching a user's own file: a warning is one line, and the file is as it was. */
export type MergeResult = { readonly kind: 'written' | 'unchanged'; readonly path: string } | { readonly kind: 'refused'; readonly path: string; readonly warning: string };

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function sections(entry: KubeconfigEntry): { cluster: object; user: object; context: object } {
  const { credentials } = entry.user;
  return {
    cluster: { 'certificate-authority-data': base64(entry.authority), server: entry.server },
    context: { cluster: entry.clusterName, user: entry.user.name },
    user: 'token' in credentials ? { token: credentials.token } : 'file' in credentials ? { 'client-certificate': credentials.file, 'client-key': credentials.file } : { 'client-certificate-data': base64(credentials.certificate), 'client-key-data': base64(credentials.key) },
  };
}

/** A kubeconfig of its own, with everything embedded, as YAML. */
export function buildKubeconfig(entry: KubeconfigEntry): string {
  const { cluster, user, context } = sections(entry);
  const body = (fields: object): string => Object.entries(fields).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}\n`).join('');
  return 'apiVersion: v1\nkind: Config\npreferences: {}\n'
    + `clusters:\n- name: ${JSON.stringify(entry.clusterName)}\n  cluster:\n${body(cluster)}`
    + `users:\n- name: ${JSON.stringify(entry.user.name)}\n  user:\n${body(user)}`
    + `contexts:\n- name: ${JSON.stringify(entry.contextName)}\n  context:\n${body(context)}`
    + `current-context: ${JSON.stringify(entry.contextName)}\n`;
}

/** Writes a kubeconfig, readable by its owner alone. */
export function writeKubeconfig(path: string, entry: KubeconfigEntry): Promise<void> {
  return writeFileAtomic(path, buildKubeconfig(entry));
}

/** The file that kubectl would write to: the first of $KUBECONFIG, else ~/.kube/config. */
export function defaultKubeconfigPath(environment: Readonly<Record<string, string | undefined>>, home: string): string {
  return (environment.KUBECONFIG ?? '').split(':').find((one) => one !== '') ?? join(home, '.kube', 'config');
}

type Edit = (document: Document) => boolean;

/** The list called `key`, made when it is missing or null; undefined when something else stands there. */
function listIn(document: Document, yaml: typeof Yaml, key: string): YAMLSeq | undefined {
  const found = document.get(key);
  if (yaml.isSeq(found)) return found;
  if (found !== undefined && found !== null && !(yaml.isScalar(found) && found.value === null)) return undefined;
  const made = document.createNode([]);
  document.set(key, made);
  return made;
}

const lists = [['clusters', 'cluster'], ['users', 'user'], ['contexts', 'context']] as const;

function namedItem(yaml: typeof Yaml, list: YAMLSeq, name: string): YAMLMap | undefined {
  return list.items.find((item): item is YAMLMap => yaml.isMap(item) && item.get('name') === name);
}

/** Takes kubectl's own lock on the file, so that two programs do not write over one another. */
async function withLock(path: string, work: () => Promise<MergeResult>): Promise<MergeResult> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await (await open(`${path}.lock`, 'wx', 0o600)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { kind: 'refused', path, warning: `${path} is locked by another program and was left as it is; if none is running, remove ${path}.lock` };
  }
  try {
    return await work();
  } finally {
    await rm(`${path}.lock`, { force: true });
  }
}

async function edit(path: string, change: (yaml: typeof Yaml) => Edit): Promise<MergeResult> {
  try {
    // A link stays a link: what it points to is replaced.
    const target = await realpath(path).catch(() => path);
    return await withLock(target, async () => {
      const text = await readFile(target, 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
        throw error;
      });
      const yaml = await import('yaml');
      const documents = yaml.parseAllDocuments(text);
      const document = 'empty' in documents || documents.length === 0 ? new yaml.Document({ apiVersion: 'v1', kind: 'Config' }) : documents[0]!;
      if (documents.length > 1 || document.errors.length > 0) {
        return { kind: 'refused', path, warning: `${path} is not a valid YAML file and was left as it is: ${document.errors[0]?.message.split('\n')[0] ?? 'more than one document'}` };
      }
      if (document.contents === null) document.contents = document.createNode({ apiVersion: 'v1', kind: 'Config' });
      if (!yaml.isMap(document.contents) || lists.some(([key]) => listIn(document, yaml, key) === undefined)) {
        return { kind: 'refused', path, warning: `${path} is not a kubeconfig and was left as it is` };
      }
      if (!change(yaml)(document)) return { kind: 'unchanged', path };
      await writeFileAtomic(target, document.toString({ lineWidth: 0 }));
      return { kind: 'written', path };
    });
  } catch (error) {
    return { kind: 'refused', path, warning: `${path} could not be changed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/**
 * Adds or replaces the entry's cluster, user and context in a kubeconfig and makes its context the current one, as
 * upstream's kind does. Everything else stays, comments included. Never throws: a file that cannot be understood or
 * written is refused with a warning.
 */
export function mergeKubeconfig(path: string, entry: KubeconfigEntry): Promise<MergeResult> {
  return edit(path, (yaml) => (document) => {
    const before = document.toString({ lineWidth: 0 });
    const parts = sections(entry);
    const names = { clusters: entry.clusterName, users: entry.user.name, contexts: entry.contextName };
    for (const [key, field] of lists) {
      const list = listIn(document, yaml, key)!;
      list.flow = false;
      const existing = namedItem(yaml, list, names[key]);
      if (existing === undefined) list.add(document.createNode({ name: names[key], [field]: parts[field] }));
      else if (JSON.stringify((existing.toJSON() as Record<string, unknown>)[field]) !== JSON.stringify(parts[field])) existing.set(field, document.createNode(parts[field]));
    }
    document.set('current-context', entry.contextName);
    return document.toString({ lineWidth: 0 }) !== before || document.get('clusters') === undefined;
  });
}

/** Takes one cluster, user and context out of a kubeconfig again; `current-context` is emptied when it named it. */
export async function removeFromKubeconfig(path: string, names: { readonly clusterName: string; readonly userName: string; readonly contextName: string }): Promise<MergeResult> {
  const exists = await readFile(path, 'utf8').then(() => true, () => false);
  if (!exists) return { kind: 'unchanged', path };
  return edit(path, (yaml) => (document) => {
    let changed = false;
    const byList = { clusters: names.clusterName, users: names.userName, contexts: names.contextName };
    for (const [key] of lists) {
      const list = listIn(document, yaml, key)!;
      const kept = list.items.filter((item) => !(yaml.isMap(item) && item.get('name') === byList[key]));
      changed ||= kept.length !== list.items.length;
      list.items = kept;
    }
    if (document.get('current-context') === names.contextName) {
      document.set('current-context', '');
      changed = true;
    }
    return changed;
  });
}
