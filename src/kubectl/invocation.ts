import type { FlagValues } from './flags/flags.ts';
import type { GlobalFlags } from './global-flags.ts';
import type { Io } from './io.ts';
import type { PluginPolicy } from './preferences/plugin-policy.ts';

/** What the user asked for in one call of the program, before anything is read or connected. */
export interface Invocation {
  readonly io: Io;
  readonly globals: FlagValues<GlobalFlags>;
  readonly givenGlobals: ReadonlySet<string>;
  /** Which credential plugins its user lets run; undefined: any. */
  readonly pluginPolicy: PluginPolicy | undefined;
}
