/** Flags as upstream's command line has them (spf13/pflag): their kinds, defaults and what they are without a value. */

interface Common {
  readonly short?: string;
  readonly help: string;
  readonly hidden?: true;
  /** Said to whoever uses it. */
  readonly deprecated?: string;
  /** What stands for the value in the help. */
  readonly placeholder?: string;
  /** The command is refused without it. */
  readonly required?: true;
}

/** A flag's definition; `T` is what a command reads of it. */
export type Flag<T> = Common & (
  | { readonly kind: 'bool'; readonly initial: boolean }
  /** `bare`: what `--flag` without `=value` means; such a flag never takes the next argument. */
  | { readonly kind: 'string'; readonly initial: string; readonly bare?: string }
  | { readonly kind: 'int'; readonly initial: number; readonly bits: 32 | 64 }
  /** Milliseconds, written as Go durations are. */
  | { readonly kind: 'duration'; readonly initial: number; readonly text: string }
  /** `split`: commas part values. */
  | { readonly kind: 'strings'; readonly initial: readonly string[]; readonly split: boolean }
) & { readonly __value?: T };

type More = Omit<Common, 'help'>;

export const bool = (help: string, more: More & { readonly initial?: boolean } = {}): Flag<boolean> => ({ kind: 'bool', help, ...more, initial: more.initial ?? false });
export const text = (help: string, more: More & { readonly initial?: string; readonly bare?: string } = {}): Flag<string> => ({ kind: 'string', help, ...more, initial: more.initial ?? '' });
export const int = (help: string, more: More & { readonly initial?: number; readonly bits?: 32 | 64 } = {}): Flag<number> => ({ kind: 'int', help, ...more, initial: more.initial ?? 0, bits: more.bits ?? 64 });
/** `text` is how the default is written: `10s`. */
export const duration = (help: string, more: More & { readonly initial: number; readonly text: string }): Flag<number> => ({ kind: 'duration', help, ...more });
/** May be given several times, and with several values between commas. */
export const list = (help: string, more: More = {}): Flag<readonly string[]> => ({ kind: 'strings', help, ...more, initial: [], split: true });
/** May be given several times; commas are part of the value. */
export const array = (help: string, more: More = {}): Flag<readonly string[]> => ({ kind: 'strings', help, ...more, initial: [], split: false });

/** Flags by their long names. */
export type FlagSet = Readonly<Record<string, Flag<unknown>>>;

/** What a command reads: a value for each of its flags. */
export type FlagValues<F extends FlagSet> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** The values, and which of them the user gave. */
export interface ParsedFlags<F extends FlagSet> {
  readonly values: FlagValues<F>;
  readonly given: ReadonlySet<string>;
  readonly args: readonly string[];
  /** How many of the arguments stand before `--`; undefined without one. */
  readonly dashAt: number | undefined;
}
