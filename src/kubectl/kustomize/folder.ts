import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { RepositoryFolder } from './repository.ts';
import { cloneRepository, repositoryOf } from './repository.ts';

/** A server that has no such file: there is no use in looking for a folder of that name. */
export class HttpFailure extends KubectlError {}

export interface LoadOptions { readonly io: Io; /** Files from anywhere may be read, not only from below a kustomization. */ readonly anywhere: boolean }

const isUrl = (path: string): boolean => /^https?:\/\//i.test(path);
const isBelow = (folder: string, root: string): boolean => folder === root || root === '/' || folder.startsWith(`${root}/`);

export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** The first part of a path that is not there, as Go's `EvalSymlinks` finds it. */
function firstMissing(path: string): string {
  const parts = path.split('/');
  for (let i = 1; i <= parts.length; i++) {
    const part = parts.slice(0, i).join('/') || '/';
    if (statSync(part, { throwIfNoEntry: false }) === undefined) return part;
  }
  return path;
}

/** The real place of a path: its folder, and its file where it is one. */
function realPlace(path: string, shown: string): { readonly folder: string; readonly file: string } {
  let real: string;
  try {
    real = realpathSync(path);
  } catch (error) {
    throw new KubectlError(`evalsymlink failure on '${shown}' : lstat ${firstMissing(path)}: ${(error as NodeJS.ErrnoException).code === 'ENOTDIR' ? 'not a directory' : 'no such file or directory'}`, { cause: error });
  }
  return isFolder(real) ? { folder: real, file: '' } : { folder: dirname(real), file: basename(real) };
}

function realFolder(path: string, shown: string): string {
  if (shown === '') throw new KubectlError('must build at directory: directory path cannot be empty');
  const place = (() => {
    try {
      return realPlace(path, shown);
    } catch (error) {
      throw new KubectlError(`must build at directory: not a valid directory: ${(error as Error).message}`, { cause: error });
    }
  })();
  if (place.file !== '') throw new KubectlError(`must build at directory: '${shown}': file is not directory`);
  return place.folder;
}

/** A folder with a kustomization: what it loads lies in it or below, unless that is asked for otherwise. */
export class Folder {
  readonly root: string;
  readonly repository: RepositoryFolder | undefined;
  readonly #options: LoadOptions;
  readonly #parent: Folder | undefined;
  /** Where the clone is that this folder is in. */
  readonly #clone: string | undefined;
  readonly #remove: () => void;

  private constructor(root: string, options: LoadOptions, more: { readonly parent?: Folder | undefined; readonly repository?: RepositoryFolder; readonly clone?: string | undefined; readonly remove?: () => void }) {
    this.root = root;
    this.#options = options;
    this.#parent = more.parent;
    this.repository = more.repository;
    this.#clone = more.clone;
    this.#remove = more.remove ?? (() => {});
  }

  /** The folder that a build begins at: a path or the URL of a repository. */
  static async open(path: string, options: LoadOptions): Promise<Folder> {
    const repository = repositoryOf(path);
    return repository === undefined ? new Folder(realFolder(resolve(options.io.folder, path), path), options, {}) : Folder.#cloned(repository, options, undefined);
  }

  static async #cloned(repository: RepositoryFolder, options: LoadOptions, parent: Folder | undefined): Promise<Folder> {
    const { folder, remove } = await cloneRepository(options.io, repository);
    try {
      const place = realPlace(join(folder, repository.path), join(folder, repository.path));
      if (place.file !== '') throw new KubectlError(`'${join(folder, repository.path)}' refers to file '${place.file}'; expecting directory`);
      if (!isBelow(place.folder, folder)) throw new KubectlError(`${JSON.stringify(join(folder, repository.path))} refers to directory outside of repo ${JSON.stringify(folder)}`);
      return new Folder(place.folder, { ...options, anywhere: false }, { parent, repository, clone: folder, remove });
    } catch (error) {
      remove();
      throw error;
    }
  }

  /** The folder that a path or URL in this one's kustomization means. */
  async child(path: string): Promise<Folder> {
    if (path === '') throw new KubectlError('new root cannot be empty');
    const repository = repositoryOf(path);
    if (repository !== undefined) {
      this.#refuseRepository(repository);
      return Folder.#cloned(repository, this.#options, this);
    }
    if (isAbsolute(path)) throw new KubectlError(`new root '${path}' cannot be absolute`);
    const full = join(this.root, path);
    const root = realFolder(full, full);
    if (this.#clone !== undefined && !isBelow(root, this.#clone)) throw new KubectlError(`security; bases in kustomizations found in cloned git repos must be within the repo, but base '${root}' is outside '${this.#clone}'`);
    this.#refuseCircle(root);
    return new Folder(root, this.#options, { parent: this, clone: this.#clone });
  }

  #refuseCircle(root: string): void {
    if (isBelow(this.root, root)) throw new KubectlError(`cycle detected: candidate root '${root}' contains visited root '${this.root}'`);
    if (this.#parent !== undefined) this.#parent.#refuseCircle(root);
  }

  #refuseRepository({ url }: Pick<RepositoryFolder, 'url'>): void {
    if (this.repository?.url.startsWith(url) === true) throw new KubectlError(`cycle detected: URI '${url}' referenced by previous URI '${this.repository.url}'`);
    if (this.#parent !== undefined) this.#parent.#refuseRepository({ url });
  }

  /** The content of a file or of what a URL answers. */
  async load(path: string): Promise<Buffer> {
    if (isUrl(path)) return this.#fetch(path);
    const full = isAbsolute(path) ? path : join(this.root, path);
    if (this.#options.anywhere) return readFile(full);
    const { folder, file } = realPlace(full, full);
    if (file === '') throw new KubectlError(`'${full}' must resolve to a file`);
    if (!isBelow(folder, this.root)) throw new KubectlError(`security; file '${full}' is not in or below '${this.root}'`);
    return readFile(join(folder, file));
  }

  async #fetch(url: string): Promise<Buffer> {
    let response: Response;
    try {
      response = await fetch(url, { signal: this.#options.io.signal });
    } catch (error) {
      throw new KubectlError(`Get ${JSON.stringify(url)}: ${reasonOf(error, url)}`, { cause: error });
    }
    if (response.ok) return Buffer.from(await response.arrayBuffer());
    await response.body?.cancel();
    if (repositoryOf(url) !== undefined) throw new KubectlError('URL is a git repository');
    throw new HttpFailure(`HTTP Error: status code ${response.status} (${response.statusText})`);
  }

  [Symbol.dispose](): void {
    this.#remove();
  }
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw new KubectlError(`read ${path}: is a directory`, { cause: error });
    throw new KubectlError(`open ${path}: ${code === 'ENOENT' ? 'no such file or directory' : code === 'EACCES' ? 'permission denied' : (error as Error).message}`, { cause: error });
  }
}

/** Why nobody answered, in Go's words. */
function reasonOf(error: unknown, url: string): string {
  const { cause } = error as { readonly cause?: { readonly code?: string; readonly address?: string; readonly port?: number; readonly errors?: readonly { readonly address?: string; readonly port?: number }[] } };
  const [at] = cause?.errors?.filter(({ address }) => address?.includes('.') === true) ?? [];
  const { address, port } = at ?? cause ?? {};
  if (cause?.code === 'ECONNREFUSED') return `dial tcp ${address ?? ''}:${port ?? ''}: connect: connection refused`;
  if (cause?.code === 'ENOTFOUND' || cause?.code === 'EAI_AGAIN') return `dial tcp: lookup ${new URL(url).hostname}: no such host`;
  return (error as Error).message;
}
