import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `record`: what upstream's kubectl says is written down anew. `misses`: what is not as written down is, anew. `live`: what is written down is not looked at. */
export const mode = process.env['COXSWAIN_KUBECTL'] ?? '';

/** What one line may come to. */
const maxOutcomes = 4;

/** Only tests of some name run: what is recorded of the others stays. A whole run leaves out what no test asks for any longer. */
const ofSomeTests = (): boolean => [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((option) => /--test-(name-pattern|skip-pattern|only)\b/.test(option));

/**
 * What upstream's kubectl came to for each line of one test file: not its words, but a digest of them. A line of ours
 * with the same digest is right without upstream's program being started (each start costs a tenth of a second and more);
 * any other is compared with what upstream says now.
 */
export class Recording {
  readonly #file: string;
  readonly #digests: Map<string, string>;
  /** What other lines of the file came to, where only some of its tests run. */
  readonly #others: ReadonlyMap<string, string>;
  #changed = false;

  constructor(name: string) {
    this.#file = join(import.meta.dirname, 'recorded', `${name}.json`);
    const kept = mode !== 'live' && existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, 'utf8')) as Record<string, string> : {};
    this.#digests = new Map(mode === 'record' ? [] : Object.entries(kept));
    this.#others = new Map(ofSomeTests() ? Object.entries(kept) : []);
  }

  /** Upstream came to the same when it was recorded. */
  confirms(key: string, digest: string): boolean {
    return this.#digests.get(key)?.split(' ').includes(digest) === true;
  }

  /** Upstream has come to this. In `misses` mode what it came to before stays beside it: some lines tell of what happened in the same second. */
  keep(key: string, digest: string): void {
    if (mode === 'misses') {
      if (this.confirms(key, digest)) return;
      process.stderr.write(`not as recorded: ${key}\n`);
    }
    this.#changed = true;
    const before = mode === 'misses' ? this.#digests.get(key)?.split(' ') ?? [] : [];
    this.#digests.set(key, [...before, digest].slice(-maxOutcomes).join(' '));
  }

  save(): void {
    if (!['record', 'misses'].includes(mode) || !this.#changed) return;
    mkdirSync(join(import.meta.dirname, 'recorded'), { recursive: true });
    writeFileSync(this.#file, `${JSON.stringify(Object.fromEntries([...new Map([...this.#others, ...this.#digests])].sort(([a], [b]) => (a < b ? -1 : 1))), null, 1)}\n`);
  }
}
