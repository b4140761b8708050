import type { Flag, FlagSet, FlagValues } from './flags/flags.ts';
import type { Session } from './session.ts';

/** One command of the line, e.g. `get` or `rollout undo`. A command with `commands` is only the way to those below it. */
export interface Command<F extends FlagSet = FlagSet> {
  /** What follows `kubectl` in the usage line, without the flags: `get [(-o|--output=)…] (TYPE …)`. */
  readonly usage: string;
  /** A paragraph or more, in our own words. */
  readonly description: string;
  /** Lines of examples, each with its comment above it. */
  readonly examples?: string;
  readonly flags?: F;
  readonly aliases?: readonly string[];
  readonly commands?: readonly CommandEntry[];
  /** How a mistake in the flags is told, where the program's way is not the command's. */
  readonly flagError?: (message: string, path: string) => Error;
  /** Called without one of its commands it shows its help, and that is no mistake. */
  readonly aloneShowsHelp?: true;
  readonly run?: (call: Call<F>) => Promise<void>;
}

/** What a command is called with. */
export interface Call<F extends FlagSet = FlagSet> {
  readonly session: Session;
  readonly args: readonly string[];
  readonly flags: FlagValues<F>;
  /** The flags that the user wrote, by their long names. */
  readonly given: ReadonlySet<string>;
  /** How many of the arguments stand before `--`. */
  readonly dashAt: number | undefined;
  /** `kubectl get`: what messages call the command. */
  readonly path: string;
}

/** A command by its name; its code is read when somebody calls it. */
export interface CommandEntry {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly aliases?: readonly string[];
  readonly hidden?: true;
  /** Words that a newcomer tries for it. */
  readonly suggestFor?: readonly string[];
  /** The names of the command that this is an alias of. */
  readonly standsFor?: readonly string[];
  readonly load: () => Promise<Command>;
}

/** Commands under one heading of the help. */
export interface CommandGroup {
  readonly heading: string;
  readonly commands: readonly CommandEntry[];
}

/** Makes a command whose `run` sees its own flags' types, and which the registry can hold beside others. */
export function command<const F extends FlagSet>(definition: Command<F>): Command {
  return definition as unknown as Command;
}

/** Some flags as a set, with their types kept. */
export function flagSet<const F extends Readonly<Record<string, Flag<never> | Flag<boolean> | Flag<string> | Flag<number> | Flag<readonly string[]>>>>(flags: F): F {
  return flags;
}
