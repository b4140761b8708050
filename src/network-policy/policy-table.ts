import type { PolicyState } from './model.ts';
import type { Ruleset } from './ruleset.ts';
import { rulesetOf } from './ruleset.ts';
import { baseScript, diffScript, nothingIsolated, removalScript } from './script.ts';

/** Runs a program with this standard input; rejects with its first error line when it fails. */
export type RunCommand = (command: string, args: readonly string[], input?: string) => Promise<string>;

/** The kernel's table of network policies on this node. Changes go in by one transaction each, and only what changed. */
export class PolicyTable {
  readonly #run: RunCommand;
  /** Undefined: unknown, or not there. */
  #applied: Ruleset | undefined;
  #isAbsent = false;

  constructor(run: RunCommand) {
    this.#run = run;
  }

  /** Makes the kernel enforce exactly these. Without policies there is no table, and no packet is looked at. */
  async apply(state: PolicyState): Promise<void> {
    if (state.policies.length === 0) {
      if (this.#isAbsent) return;
      this.#applied = undefined;
      await this.#run('nft', ['-f', '-'], removalScript);
      this.#isAbsent = true;
      return;
    }
    const wanted = rulesetOf(state);
    const script = this.#applied === undefined ? baseScript() + diffScript(nothingIsolated, wanted) : diffScript(this.#applied, wanted);
    if (script === '') return;
    this.#isAbsent = false;
    try {
      await this.#run('nft', ['-f', '-'], script);
    } catch (error) {
      this.#applied = undefined;
      throw error;
    }
    this.#applied = wanted;
  }

  /** The next `apply` writes everything anew. */
  invalidate(): void {
    this.#applied = undefined;
    this.#isAbsent = false;
  }
}
