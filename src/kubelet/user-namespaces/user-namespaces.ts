import type { IdMapping } from '../../runtime/runtime.ts';
import type { HostFiles, IdRange } from '../host.ts';
import type { PodDirectories } from '../pod-directories.ts';

/** How many users a pod has of its own when nothing else is said; ranges are multiples of it. */
export const idsUnit = 65_536;
const allIds = 2 ** 32;
const maxFileBytes = 65_536;

export interface UserNamespacesOptions {
  readonly files: HostFiles;
  readonly directories: PodDirectories;
  readonly maxPods: number;
  /** KubeletConfiguration's `userNamespaces.idsPerPod`. Default 65536. */
  readonly idsPerPod?: number;
  /** What the machine sets aside for pods; default: all but the first of its users. */
  readonly range?: IdRange;
}

interface WrittenMapping { readonly hostId: number; readonly containerId: number; readonly length: number }
interface WrittenMappings { readonly uidMappings?: readonly WrittenMapping[]; readonly gidMappings?: readonly WrittenMapping[] }

/** Which of the machine's users are which pod's: ranges that no two pods share, kept in a file of the pod's directory until the pod has ended. */
export class UserNamespaces {
  readonly #options: UserNamespacesOptions;
  readonly #idsPerPod: number;
  readonly #first: number;
  readonly #count: number;
  readonly #byPod = new Map<string, number>();
  readonly #used = new Set<number>();
  /** Where to look for a free one: what has just been given back is the last to be given again. */
  #next = 0;

  /** Throws an Error, in upstream's words, for a range that cannot be divided amongst pods. */
  constructor(options: UserNamespacesOptions) {
    this.#options = options;
    const each = this.#idsPerPod = options.idsPerPod ?? idsUnit;
    const { first, length } = options.range ?? { first: each, length: allIds - each };
    if (first % each !== 0) throw new Error(`kubelet user assigned ID ${first} is not a multiple of ${each}`);
    if (first < each) throw new Error(`kubelet user assigned ID ${first} must be greater or equal to ${each}`);
    if (length % each !== 0) throw new Error(`kubelet user assigned IDs length ${length} is not a multiple of ${each}`);
    if (length / each < options.maxPods) throw new Error(`kubelet user assigned IDs are not enough to support ${options.maxPods} pods`);
    this.#first = first;
    this.#count = length / each;
  }

  /** Learns what pods of an earlier kubelet have. Rejects for a file that says what cannot be. */
  async recover(): Promise<void> {
    const { files, directories } = this.#options;
    for (const podUid of await files.list(directories.pods)) {
      await this.#read(podUid).catch((error: unknown) => { throw new Error(`record pod mappings for existing pod ${JSON.stringify(podUid)}: ${(error as Error).message}`, { cause: error }); });
    }
  }

  /** The pod's range, chosen when it is first asked for. Rejects when there is none left. */
  async of(podUid: string): Promise<IdMapping> {
    const known = this.#byPod.get(podUid);
    const hostId = known ?? await this.#read(podUid).catch((error: unknown) => { throw new Error(`user namespace: ${(error as Error).message}`, { cause: error }); });
    return { containerId: 0, hostId: hostId ?? await this.#create(podUid), length: this.#idsPerPod };
  }

  /** The pod has ended: its range is free. Its file goes with its directory. */
  release(podUid: string): void {
    const hostId = this.#byPod.get(podUid);
    if (hostId === undefined) return;
    this.#byPod.delete(podUid);
    this.#used.delete(this.#indexOf(hostId));
  }

  async #create(podUid: string): Promise<number> {
    const { files, directories } = this.#options;
    const index = this.#free();
    if (index === undefined) throw new Error('create user namespace: could not find an empty slot to allocate a user namespace');
    const hostId = this.#first + index * this.#idsPerPod;
    this.#take(podUid, hostId);
    this.#next = (index + 1) % this.#count;
    const mapping: WrittenMapping = { hostId, containerId: 0, length: this.#idsPerPod };
    try {
      await files.ensureDirectory(directories.pod(podUid), 0o750);
      await files.writeFile(`${directories.userMappings(podUid)}.tmp`, JSON.stringify({ uidMappings: [mapping], gidMappings: [mapping] }), 0o600);
      await files.rename(`${directories.userMappings(podUid)}.tmp`, directories.userMappings(podUid));
    } catch (error) {
      this.release(podUid);
      throw new Error(`create user namespace: ${(error as Error).message}`, { cause: error });
    }
    return hostId;
  }

  #free(): number | undefined {
    for (let step = 0; step <= this.#used.size; step++) {
      const index = (this.#next + step) % this.#count;
      if (!this.#used.has(index)) return index;
      if (step + 1 === this.#count) return undefined;
    }
    return undefined;
  }

  /** What an earlier kubelet wrote for the pod; undefined where it wrote nothing. */
  async #read(podUid: string): Promise<number | undefined> {
    const { files, directories } = this.#options;
    const text = await files.readTail(directories.userMappings(podUid), maxFileBytes);
    if (text === '') return undefined;
    const hostId = this.#parse(text);
    this.#take(podUid, hostId);
    return hostId;
  }

  #parse(text: string): number {
    const invalid = (what: string): Error => new Error(`invalid user namespace ${what}`);
    let written: WrittenMappings;
    try {
      written = JSON.parse(text) as WrittenMappings;
    } catch (error) {
      throw invalid(`mappings file: ${(error as Error).message}`);
    }
    const [uids, gids] = [written.uidMappings ?? [], written.gidMappings ?? []];
    const [mapping] = uids;
    if (mapping === undefined || uids.length !== 1) throw invalid('configuration: no more than one mapping allowed.');
    if (gids.length !== 1) throw invalid('configuration: GID and UID mappings should be identical.');
    if ((['hostId', 'containerId', 'length'] as const).some((field) => mapping[field] !== gids[0]?.[field])) throw invalid('configuration: GID and UID mapping should be identical');
    if (mapping.containerId !== 0) throw invalid('configuration: UID 0 must be mapped');
    if (mapping.length !== this.#idsPerPod) throw new Error(`wrong user namespace length ${mapping.length}`);
    if (mapping.hostId % this.#idsPerPod !== 0) throw new Error(`wrong user namespace offset specified ${mapping.hostId}`);
    return mapping.hostId;
  }

  #take(podUid: string, hostId: number): void {
    const index = this.#indexOf(hostId);
    if (index < 0 || index >= this.#count) throw new Error(`id ${hostId} is out of range`);
    if (this.#byPod.get(podUid) === hostId) return;
    if (this.#used.has(index)) throw new Error(`range picked for pod ${JSON.stringify(podUid)} already taken`);
    this.#byPod.set(podUid, hostId);
    this.#used.add(index);
  }

  #indexOf(hostId: number): number {
    return (hostId - this.#first) / this.#idsPerPod;
  }
}

/** What `getsubids` tells: the only range that it lists, as `index: user first count`. Throws an Error for anything else. */
export function parseSubordinateIds(output: string): IdRange {
  const lines = output.replace(/^\n+|\n+$/g, '').split('\n');
  const [line = ''] = lines;
  if (lines.length !== 1) throw new Error(`error parsing line ${JSON.stringify(output)}: it must contain only one line`);
  const parts = line.split(/\s+/).filter((part) => part !== '');
  if (parts.length !== 4) throw new Error(`invalid line ${JSON.stringify(line)}`);
  const [first, length] = parts.slice(2).map((text) => {
    if (!/^\d+$/.test(text) || Number(text) >= allIds) throw new Error(`error parsing line ${JSON.stringify(output)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${/^\d+$/.test(text) ? 'value out of range' : 'invalid syntax'}`);
    return Number(text);
  });
  return { first: first ?? 0, length: length ?? 0 };
}

