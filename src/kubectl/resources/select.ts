import { ApiError, isReason } from '../../api/status.ts';
import type { Connection } from '../connection/connection.ts';
import type { ApiResource } from '../discovery/resource.ts';
import { pathOf } from '../discovery/resource.ts';
import { KubectlError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { AnyObject, Item } from './item.ts';
import { isList } from './item.ts';
import type { PastQuery, PastView } from './past.ts';
import { parseManifest } from './parse-manifest.ts';
import type { FileOptions, ReadObject } from './read-files.ts';
import { sourcesOf } from './read-files.ts';

/** Which objects a command is about, in the words of its arguments and flags: upstream's resource builder. */
export interface Selection {
  readonly args?: readonly string[];
  readonly files?: FileOptions;
  /** Objects that somebody has read already, instead of files. */
  readonly given?: readonly ReadObject[];
  readonly allNamespaces?: boolean;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** `--all`: every object of the types. */
  readonly all?: boolean;
  /** A type alone stands for all of its objects. */
  readonly typeAlone?: boolean;
  readonly subresource?: string;
  /** Objects at a time; 0: all at once. */
  readonly chunkSize?: number;
  /** Objects named on the command line are read from the server. Default true. */
  readonly fetch?: boolean;
  /** Objects of files are read anew from the server. */
  readonly latest?: boolean;
  /** An object that names another namespace than `--namespace` is refused. Default: when the user named one. */
  readonly requireNamespace?: boolean;
  /** Only one type of resource may be named. */
  readonly singleType?: boolean;
  /** Go on after an error; all are told at the end. */
  readonly continueOnError?: boolean;
  /** What reads ask for: Tables, for example. */
  readonly accept?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** What there was then: `--at`. Empty: now. */
  readonly at?: string;
  /** Lists are left as the server sent them. Default: their items come one by one. */
  readonly keepLists?: boolean;
  /** No server: objects of files alone. */
  readonly local?: boolean;
}

/** What was selected. `visit` may be called once. */
export interface Selected {
  /** One object was asked for, and not a list of them. */
  readonly single: boolean;
  /** Objects in the order asked for. Throws at the first error, unless `continueOnError` gathers them in `errors`. */
  visit(): AsyncGenerator<Item>;
  readonly errors: readonly Error[];
  /** All that `visit` yields. */
  items(): Promise<Item[]>;
}

const missing = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

const localWithoutFiles = `error: you must specify resources by --filename when --local is set.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'`;

export const noFiles: FileOptions = { filenames: [], kustomize: '', recursive: false };

interface Named { readonly word: string; readonly name: string }
type Asked =
  | { readonly kind: 'files' }
  | { readonly kind: 'selector'; readonly words: readonly string[] }
  | { readonly kind: 'names'; readonly named: readonly Named[]; readonly single: boolean };

const unique = (words: string): string[] => [...new Set(words.split(','))];

/** `type/name`. Undefined when there is no slash. */
function typeAndName(argument: string): Named | undefined {
  if (!argument.includes('/')) return undefined;
  const parts = argument.split('/');
  if (parts.length !== 2) throw new KubectlError('arguments in resource/name form may not have more than one slash');
  const [word, name] = parts as [string, string];
  if (word === '' || name === '' || unique(word).length !== 1) throw new KubectlError('arguments in resource/name form must have a single resource and name');
  return { word, name };
}

function withSlashes(args: readonly string[]): readonly Named[] | undefined {
  const count = args.filter((argument) => argument.includes('/')).length;
  if (count === 0) return undefined;
  if (count !== args.length) throw new KubectlError('there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. \'kubectl get resource/<resource_name>\' instead of \'kubectl get resource resource/<resource_name>\'');
  return args.map((argument) => typeAndName(argument)!);
}

async function expandCategories(words: string, session: Session): Promise<string> {
  const mapper = await session.mapper();
  const expanded = await Promise.all(words.split(',').map(async (word) => (await mapper.category(word))?.map(({ resource, group }) => (group === '' ? resource : `${resource}.${group}`)).join(',') ?? word));
  return expanded.join(',');
}

/** Reads the arguments: which types, which names. */
async function asked(selection: Selection, session: Session): Promise<Asked> {
  const { args = [], files = noFiles, labelSelector = '', fieldSelector = '', all = false } = selection;
  if (selection.given !== undefined) return { kind: 'files' };
  const hasFiles = files.filenames.length > 0 || files.kustomize !== '';
  if (files.filenames.length > 0 && files.kustomize !== '') throw new KubectlError('only one of -f or -k can be specified');
  if (all && (labelSelector !== '' || fieldSelector !== '')) throw new KubectlError('setting \'all\' parameter but found a non empty selector. ');
  if (selection.local === true && args.length > 0) throw new KubectlError(localWithoutFiles);
  const [types] = args;
  const several = args.length >= 2 && unique(types!).length > 1 ? unique(types!).flatMap((type) => args.slice(1).map((name) => `${type}/${name}`)) : args;
  const named = withSlashes(several);
  if (hasFiles) {
    if (args.length > 0) throw new KubectlError(named === undefined && args.length > 1 ? 'name cannot be provided when a path is specified' : 'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well');
    return { kind: 'files' };
  }
  const selecting = all || labelSelector !== '' || fieldSelector !== '';
  if (named !== undefined) {
    if (selecting) throw new KubectlError('selectors and the all flag cannot be used when passing resource/name arguments');
    return { kind: 'names', named, single: named.length === 1 };
  }
  if (types === undefined) {
    if (selecting) throw new KubectlError('at least one resource must be specified to use a selector');
    throw new KubectlError(missing);
  }
  const words = unique(await expandCategories(types, session));
  if (args.length === 1) {
    if (selecting || selection.typeAlone === true) return { kind: 'selector', words };
    for (const word of words) await (await session.mapper()).resource(word);
    throw new KubectlError('resource(s) were provided, but no name was specified');
  }
  if (selecting) throw new KubectlError('name cannot be provided when a selector is specified');
  if (words.length > 1) throw new KubectlError('you must specify only one resource');
  return { kind: 'names', named: args.slice(1).map((name) => ({ word: words[0]!, name })), single: args.length === 2 };
}

async function typesOf(words: readonly string[], session: Session, singleType: boolean): Promise<ApiResource[]> {
  const mapper = await session.mapper();
  const types: ApiResource[] = [];
  for (const word of words) {
    const type = await mapper.resource(word);
    if (!types.some((other) => other.group === type.group && other.version === type.version && other.kind === type.kind)) types.push(type);
  }
  if (singleType && types.length > 1) throw new KubectlError('you may only specify a single resource type');
  return types;
}

const withQuery = (path: string, query: Readonly<Record<string, string | undefined>>): string => {
  const text = new URLSearchParams(Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '')).toString();
  return text === '' ? path : `${path}?${text}`;
};

/** Reads an object from the server. As upstream, a namespace that is not there is what the user is told of. */
export async function getObject(connection: Connection, item: Pick<Item, 'resource' | 'namespace' | 'name' | 'subresource'>, { accept, query = {} }: Pick<Selection, 'accept' | 'query'> = {}): Promise<AnyObject> {
  const { namespace, name, subresource } = item;
  const resource = item.resource!;
  try {
    return await connection.json<AnyObject>({ method: 'GET', path: withQuery(pathOf(resource, { namespace, name, subresource }), query), ...(accept !== undefined && { accept }) });
  } catch (error) {
    if (isReason(error, 'NotFound') && namespace !== '' && namespace !== 'default') {
      const gone = await connection.json<AnyObject>({ method: 'GET', path: `/api/v1/namespaces/${encodeURIComponent(namespace)}` }).then(() => undefined, (other: unknown) => other);
      if (isReason(gone, 'NotFound')) throw gone;
    }
    throw error;
  }
}

/** Pages of a list, as they come. */
async function* pages(connection: Connection, path: string, { past, ...selection }: Selection & { readonly past: PastQuery | undefined }): AsyncGenerator<AnyObject> {
  let next: string | undefined;
  do {
    // The token of the next page says itself which revision it is of.
    const query: Record<string, string | undefined> = { ...selection.query, ...(next === undefined && past), labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector, limit: selection.chunkSize === undefined || selection.chunkSize <= 0 ? undefined : String(selection.chunkSize), continue: next };
    const list: AnyObject = await connection.json<AnyObject>({ method: 'GET', path: withQuery(path, query), ...(selection.accept !== undefined && { accept: selection.accept }) });
    yield list;
    next = list.metadata?.['continue'] as string | undefined;
  } while (next !== undefined && next !== '');
}

class Visit implements Selected {
  readonly single: boolean;
  readonly errors: Error[] = [];
  readonly #selection: Selection;
  readonly #session: Session;
  readonly #asked: Asked;
  readonly #namespace: string;
  #past: PastView | undefined;

  constructor(parts: { readonly selection: Selection; readonly session: Session; readonly asked: Asked; readonly namespace: string; readonly single: boolean }) {
    this.#selection = parts.selection;
    this.#session = parts.session;
    this.#asked = parts.asked;
    this.#namespace = parts.namespace;
    this.single = parts.single;
  }

  async items(): Promise<Item[]> {
    const found: Item[] = [];
    for await (const item of this.visit()) found.push(item);
    return found;
  }

  async *visit(): AsyncGenerator<Item> {
    const { at = '' } = this.#selection;
    if (at !== '') this.#past = new (await import('./past.ts')).PastView(this.#session, at);
    switch (this.#asked.kind) {
      case 'files': return yield* this.#ofFiles();
      case 'selector': return yield* this.#bySelector(this.#asked.words);
      case 'names': return yield* this.#byName(this.#asked.named);
    }
  }

  /** From the server: as it is, or as it was. */
  async #read(item: Item): Promise<AnyObject> {
    if (this.#past === undefined) return getObject(await this.#session.connection(), item, this.#selection);
    if (item.subresource !== '') throw new KubectlError('--at cannot be used with --subresource: servers keep the past of objects alone');
    return this.#past.object({ resource: item.resource!, namespace: item.namespace, name: item.name }, this.#selection);
  }

  #fail(error: unknown): void {
    if (!(error instanceof Error) || this.#selection.continueOnError !== true || this.#session.io.signal.aborted) throw error;
    this.errors.push(error);
  }

  async *#byName(named: readonly Named[]): AsyncGenerator<Item> {
    const { fetch = true, subresource = '', allNamespaces = false } = this.#selection;
    const mapper = await this.#session.mapper();
    const types = new Map<string, ApiResource>();
    for (const { word } of named) if (!types.has(word)) types.set(word, await mapper.resource(word));
    if (this.#selection.singleType === true && new Set([...types.values()].map(({ kind, group }) => `${kind}.${group}`)).size > 1) throw new KubectlError('you may only specify a single resource type');
    for (const { word, name } of named) {
      const resource = types.get(word)!;
      if (resource.namespaced && allNamespaces) throw new KubectlError('a resource cannot be retrieved by name across all namespaces');
      const item: Item = { resource, namespace: resource.namespaced ? this.#namespace : '', name, object: undefined, source: '', subresource };
      try {
        if (fetch) item.object = await this.#read(item);
      } catch (error) {
        this.#fail(error);
        continue;
      }
      yield item;
    }
  }

  async *#bySelector(words: readonly string[]): AsyncGenerator<Item> {
    const { subresource = '', allNamespaces = false } = this.#selection;
    if (subresource !== '') throw new KubectlError('subresource cannot be used when bulk resources are specified');
    const types = await typesOf(words, this.#session, this.#selection.singleType === true);
    const connection = await this.#session.connection();
    for (const resource of types) {
      const namespace = resource.namespaced && !allNamespaces ? this.#namespace : '';
      try {
        const past = await this.#past?.query({ resource, namespace });
        for await (const list of pages(connection, pathOf(resource, { namespace }), { ...this.#selection, past })) {
          if (this.#selection.keepLists === true || !isList(list)) {
            yield { resource, namespace, name: '', object: list, source: '', subresource };
            continue;
          }
          for (const object of list.items) {
            // The items of a list do not say what they are.
            const full: AnyObject = { apiVersion: list.apiVersion!, kind: resource.kind, ...object };
            yield { resource, namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '', object: full, source: '', subresource };
          }
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.#fail(this.#past === undefined ? error : this.#past.explain(error));
      }
    }
  }

  async *#ofFiles(): AsyncGenerator<Item> {
    const { files = noFiles, labelSelector = '' } = this.#selection;
    const matches = labelSelector === '' ? undefined : await selectorOf(labelSelector);
    for await (const { object, source } of this.#objects(files)) {
      try {
        const item = await this.#itemOf(object, source);
        if (matches !== undefined && !matches(item.object?.metadata?.labels ?? {})) continue;
        if (this.#selection.latest === true && item.name !== '') item.object = await this.#read(item);
        yield item;
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  async *#objects(files: FileOptions): AsyncGenerator<ReadObject> {
    for (const { object, source } of this.#selection.given ?? []) for (const one of flatten(object)) yield { object: one, source };
    if (files.kustomize !== '') {
      const { buildKustomization } = await import('../kustomize/build.ts');
      for (const object of await buildKustomization(this.#session.io, files.kustomize)) yield { object, source: files.kustomize };
    }
    const { sources } = sourcesOf(files, this.#session.io);
    for (const { name, read } of sources) {
      let objects: AnyObject[];
      try {
        objects = await parseManifest(await read(), name);
      } catch (error) {
        this.#fail(error);
        continue;
      }
      for (const object of objects) for (const one of flatten(object)) yield { object: one, source: name };
    }
  }

  async #itemOf(object: AnyObject, source: string): Promise<Item> {
    const { apiVersion = '', kind = '', metadata = {} } = object;
    if (kind === '') throw new KubectlError(`unable to decode ${JSON.stringify(source)}: Object 'Kind' is missing in '${JSON.stringify(object)}'`);
    if (apiVersion === '') throw new KubectlError(`error validating ${JSON.stringify(source)}: error validating data: apiVersion not set; if you choose to ignore these errors, turn validation off with --validate=false`);
    const name = metadata.name ?? '';
    if (this.#selection.local === true) return { resource: undefined, namespace: metadata.namespace ?? this.#namespace, name, object, source, subresource: '' };
    const resource = await (await this.#session.mapper()).kind(apiVersion, kind);
    if (resource === undefined) throw new KubectlError(`resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(metadata.namespace ?? '')} from ${JSON.stringify(source)}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}\nensure CRDs are installed first`);
    if (!resource.namespaced) {
      const { namespace: _, ...rest } = metadata;
      return { resource, namespace: '', name, object: { ...object, metadata: rest }, source, subresource: this.#selection.subresource ?? '' };
    }
    const own = metadata.namespace ?? '';
    if (own !== '' && own !== this.#namespace && this.#selection.requireNamespace === true) throw new KubectlError(`the namespace from the provided object ${JSON.stringify(own)} does not match the namespace ${JSON.stringify(this.#namespace)}. You must pass '--namespace=${own}' to perform this operation.`);
    const namespace = own === '' ? this.#namespace : own;
    return { resource, namespace, name, object: { ...object, metadata: { ...metadata, namespace } }, source, subresource: this.#selection.subresource ?? '' };
  }
}

function flatten(object: AnyObject): AnyObject[] {
  return isList(object) ? object.items.flatMap(flatten) : [object];
}

async function selectorOf(text: string): Promise<(labels: Readonly<Record<string, string>>) => boolean> {
  const { parseLabelSelector } = await import('../../api/meta/label-selector-parser.ts');
  const selector = parseLabelSelector(text);
  return (labels) => selector.matches(labels);
}

/** Finds out what the user means. Throws KubectlError for arguments that do not fit together. */
export async function select(session: Session, selection: Selection): Promise<Selected> {
  const what = await asked(selection, session);
  const { name, explicit } = await session.namespace();
  const single = what.kind === 'files' ? sourcesOf(selection.files ?? noFiles, session.io).singleItemImplied : what.kind === 'names' && what.single;
  return new Visit({ selection: { requireNamespace: explicit, ...selection }, session, asked: what, namespace: name, single });
}
