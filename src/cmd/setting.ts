import type { Check } from './checks.ts';

/** One flag, which is also a setting of the config file. `Options` is what all of them together make. */
export interface Setting<Options> {
  readonly key: keyof Options;
  /** As commander takes it: `--name <value>`. */
  readonly flags: string;
  readonly description: string;
  /** As a user would write it; checked like what a user writes. Undefined: the setting stays undefined. */
  readonly default: unknown;
  readonly check: Check;
  /** May be given several times; the check gets a list. */
  readonly repeated?: boolean;
}
