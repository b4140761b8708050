import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Document, Node, YAMLMap, YAMLSeq } from 'yaml';
import { isMap, isSeq, parseDocument } from 'yaml';
import type { Invocation } from '../invocation.ts';
import type { Io } from '../io.ts';
import type { LoadedConfig } from './load-kubeconfig.ts';
import { kubeconfigFiles, loadConfig } from './load-kubeconfig.ts';

/** The lists of a kubeconfig file, and what an entry of each holds. */
const entryOf = { clusters: 'cluster', contexts: 'context', users: 'user' } as const;
export type Section = keyof typeof entryOf;
type Entry = Readonly<Record<string, unknown>>;

const empty = 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\ncurrent-context: ""\nusers: []\n';

/** The file that new entries go to: the one that the user named, else the first that is there, else the last. */
export function defaultKubeconfig(io: Io, flag: string): string {
  const { files } = kubeconfigFiles(io, flag);
  return files.find((file) => existsSync(file)) ?? files.at(-1)!;
}

/**
 * Changes kubeconfig files where their entries are, and leaves all else as people wrote it, comments and order included.
 * Nothing is written before `save`, which replaces a file at once and keeps it to its owner.
 */
export class KubeconfigEditor {
  readonly config: LoadedConfig;
  /** Where messages say that entries are: as the user wrote it. */
  readonly file: string;
  readonly #io: Io;
  readonly #default: string;
  readonly #documents = new Map<string, Document>();

  private constructor({ io, globals }: Pick<Invocation, 'io' | 'globals'>, { config, file }: { readonly config: LoadedConfig; readonly file: string }) {
    this.#io = io;
    this.#default = file;
    this.file = globals.kubeconfig === '' ? file : globals.kubeconfig;
    this.config = config;
  }

  /** Reads what is there. */
  static async open(session: Pick<Invocation, 'io' | 'globals'>): Promise<KubeconfigEditor> {
    const { io, globals } = session;
    const file = defaultKubeconfig(io, globals.kubeconfig);
    return new KubeconfigEditor(session, { file, config: await loadConfig(io, existsSync(file) ? globals.kubeconfig : '') });
  }

  #document(file: string): Document {
    let document = this.#documents.get(file);
    if (document === undefined) {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      document = parseDocument(text.trim() === '' ? empty : text, { version: '1.1' });
      this.#documents.set(file, document);
    }
    return document;
  }

  #list(document: Document, section: Section): YAMLSeq {
    const list = document.get(section);
    if (isSeq(list)) return list;
    document.set(section, document.createNode([]));
    return document.get(section) as YAMLSeq;
  }

  #fileOf(section: Section, name: string): string {
    return this.config.sources.get(`${section}/${name}`) ?? this.#default;
  }

  #find(file: string, section: Section, name: string): { readonly list: YAMLSeq; readonly at: number } {
    const list = this.#list(this.#document(file), section);
    return { list, at: list.items.findIndex((item) => isMap(item) && item.get('name') === name) };
  }

  /** Adds an entry, or changes the fields of one that differ. */
  set(section: Section, name: string, entry: Entry): void {
    const file = this.#fileOf(section, name);
    const document = this.#document(file);
    const { list, at } = this.#find(file, section, name);
    if (at < 0) {
      // A list that stands in brackets is written in lines once it has something in it.
      list.flow = false;
      list.add(document.createNode({ [entryOf[section]]: entry, name }) as Node);
      return;
    }
    const item = list.items[at] as YAMLMap;
    const held = item.get(entryOf[section]);
    if (!isMap(held)) return item.set(entryOf[section], document.createNode(entry));
    const before = held.toJSON() as Entry;
    for (const key of Object.keys(before)) if (!(key in entry)) held.delete(key);
    for (const [key, value] of Object.entries(entry)) if (JSON.stringify(before[key]) !== JSON.stringify(value)) held.set(key, document.createNode(value));
  }

  /** How a path is written into an entry: from its file's folder, unless that is not above it. */
  pathIn(section: Section, name: string, path: string): string {
    const from = relative(dirname(this.#fileOf(section, name)), path);
    return from.startsWith('..') ? path : from;
  }

  delete(section: Section, name: string): void {
    const { list, at } = this.#find(this.#fileOf(section, name), section, name);
    if (at >= 0) list.delete(at);
  }

  renameContext(name: string, to: string): void {
    const { list, at } = this.#find(this.#fileOf('contexts', name), 'contexts', name);
    if (at >= 0) (list.items[at] as YAMLMap).set('name', to);
    if (this.config.currentContext === name) this.setCurrentContext(to);
  }

  /** A field of the file itself. Undefined takes it away. */
  setTop(key: string, value: string | undefined): void {
    const document = this.#document(this.#default);
    if (value === undefined) document.delete(key);
    else document.set(key, value);
  }

  setCurrentContext(name: string): void {
    const { files } = kubeconfigFiles(this.#io, '');
    const holder = files.includes(this.#default) ? files.find((file) => existsSync(file) && this.#document(file).get('current-context') !== undefined && this.#document(file).get('current-context') !== '') : undefined;
    this.#document(holder ?? this.#default).set('current-context', name);
  }

  save(): void {
    for (const [file, document] of this.#documents) {
      const target = existsSync(file) ? realpathSync(file) : file;
      const text = document.toString({ lineWidth: 0 });
      if (existsSync(target) && readFileSync(target, 'utf8') === text) continue;
      mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
      const temporary = `${target}.${this.#io.random.suffix(8)}`;
      writeFileSync(temporary, text, { mode: 0o600 });
      renameSync(temporary, target);
    }
  }
}
