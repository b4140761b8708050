import type { HostFiles } from '../host.ts';
import { checkpointText, readCheckpoint } from './checkpoint.ts';
import type { ClaimInfo } from './claim-info.ts';

const maxFileBytes = 16 * 1024 * 1024;

export interface ClaimTableOptions {
  readonly files: Pick<HostFiles, 'readTail' | 'writeFile' | 'rename'>;
  /** Written anew at each `save`. */
  readonly path: string;
}

/** The claims that pods of this node use, in memory and on the disk: what was prepared has to be taken back, whoever starts next. */
export class ClaimTable {
  readonly #options: ClaimTableOptions;
  readonly #claims = new Map<string, ClaimInfo>();
  /** One write after the other. */
  #saving: Promise<void> = Promise.resolve();

  constructor(options: ClaimTableOptions) {
    this.#options = options;
  }

  /** What an earlier kubelet left. A file that cannot be read is an error as it is upstream's: what was prepared would stay so for ever. */
  async recover(): Promise<void> {
    const { files, path } = this.#options;
    const text = await files.readTail(path, maxFileBytes);
    if (text === '') return;
    let claims: readonly ClaimInfo[];
    try {
      claims = readCheckpoint(text);
    } catch (error) {
      throw new Error(`could not read what is known of resource claims, please drain the node and remove ${path}: ${(error as Error).message}`, { cause: error });
    }
    for (const claim of claims) this.add(claim);
  }

  get(namespace: string, name: string): ClaimInfo | undefined {
    return this.#claims.get(`${namespace}/${name}`);
  }

  add(claim: ClaimInfo): void {
    this.#claims.set(`${claim.namespace}/${claim.name}`, claim);
  }

  delete({ namespace, name }: Pick<ClaimInfo, 'namespace' | 'name'>): void {
    this.#claims.delete(`${namespace}/${name}`);
  }

  hasPod(podUid: string): boolean {
    for (const { podUids } of this.#claims.values()) if (podUids.has(podUid)) return true;
    return false;
  }

  [Symbol.iterator](): MapIterator<ClaimInfo> {
    return this.#claims.values();
  }

  /** Resolves when what is known now is on the disk. */
  save(): Promise<void> {
    const saved = this.#saving.then(() => this.#write());
    this.#saving = saved.catch(() => {});
    return saved;
  }

  async #write(): Promise<void> {
    const { files, path } = this.#options;
    await files.writeFile(`${path}.tmp`, checkpointText(this.#claims.values()), 0o600);
    await files.rename(`${path}.tmp`, path);
  }
}
