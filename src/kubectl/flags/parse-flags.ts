import { parseGoDuration } from '../../base/go-duration.ts';
import { KubectlError } from '../errors.ts';
import type { Flag, FlagSet, FlagValues, ParsedFlags } from './flags.ts';

type Value = boolean | string | number | readonly string[];

const trueTexts = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const falseTexts = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

const syntax = (call: string, text: string): string => `strconv.${call}: parsing ${JSON.stringify(text)}: invalid syntax`;

function parseInteger(text: string, bits: 32 | 64): number {
  const digits = /^[+-]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[0-9]+)$/.exec(text)?.[1];
  if (digits === undefined) throw new Error(syntax('ParseInt', text));
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = BigInt(octal) * (text.startsWith('-') ? -1n : 1n);
  if (BigInt.asIntN(bits, value) !== value) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return Number(value);
}

/** The values of a comma-separated list; quotes protect commas, as in CSV. */
function splitCommas(text: string): string[] {
  if (text === '') return [];
  if (!text.includes('"')) return text.split(',');
  const values: string[] = [];
  for (const match of text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)) values.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
  return values;
}

function parseValue(flag: Flag<unknown>, text: string, before: Value | undefined): Value {
  switch (flag.kind) {
    case 'bool':
      if (trueTexts.has(text)) return true;
      if (falseTexts.has(text)) return false;
      throw new Error(syntax('ParseBool', text));
    case 'string': return text;
    case 'int': return parseInteger(text, flag.bits);
    case 'duration': {
      const ms = parseGoDuration(text);
      if (ms === undefined) throw new Error(/^[+-]?[0-9.]+$/.test(text) ? `time: missing unit in duration ${JSON.stringify(text)}` : `time: invalid duration ${JSON.stringify(text)}`);
      return ms;
    }
    case 'strings': {
      const added = flag.split ? splitCommas(text) : [text];
      return [...((before as readonly string[] | undefined) ?? []), ...added];
    }
  }
}

/** What a flag is when it stands there without a value; undefined when it needs one. */
function bareValue(flag: Flag<unknown>): string | undefined {
  if (flag.kind === 'bool') return 'true';
  return flag.kind === 'string' ? flag.bare : undefined;
}

const nameWith = (name: string, { short }: Flag<unknown>): string => (short === undefined ? `--${name}` : `-${short}, --${name}`);

/**
 * Reads a command line with the rules of spf13/pflag: flags and arguments in any order, `-it` for two flags, `-nNAME`,
 * `--flag=value`, and `--` before what are no flags. Throws KubectlError with upstream's words. `interspersed: false`
 * stops at the first argument, which begins a command of somebody else.
 */
export function parseFlags<F extends FlagSet>(flags: F, line: readonly string[], { interspersed = true }: { readonly interspersed?: boolean } = {}): ParsedFlags<F> {
  const byShort = new Map(Object.entries(flags).flatMap(([name, { short }]) => (short === undefined ? [] : [[short, name] as const])));
  const values: Record<string, Value> = {};
  const given = new Set<string>();
  const args: string[] = [];
  let dashAt: number | undefined;

  const set = (name: string, textOf: string): void => {
    const flag = flags[name]!;
    try {
      values[name] = parseValue(flag, textOf, given.has(name) ? values[name] : undefined);
    } catch (error) {
      throw new KubectlError(`invalid argument ${JSON.stringify(textOf)} for ${JSON.stringify(nameWith(name, flag))} flag: ${(error as Error).message}`, { cause: error });
    }
    given.add(name);
  };

  const long = (argument: string, next: string | undefined): boolean => {
    const equals = argument.indexOf('=');
    const name = argument.slice(2, equals < 0 ? undefined : equals);
    if (name === '' || name.startsWith('-')) throw new KubectlError(`bad flag syntax: ${argument}`);
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) throw new KubectlError(`unknown flag: --${name}`);
    if (equals >= 0) { set(name, argument.slice(equals + 1)); return false; }
    const bare = bareValue(flag);
    if (bare !== undefined) { set(name, bare); return false; }
    if (next === undefined) throw new KubectlError(`flag needs an argument: --${name}`);
    set(name, next);
    return true;
  };

  const short = (argument: string, next: string | undefined): boolean => {
    for (let at = 1; at < argument.length; at++) {
      const letter = argument[at]!;
      const name = byShort.get(letter);
      if (name === undefined) throw new KubectlError(`unknown shorthand flag: ${JSON.stringify(letter).replaceAll('"', '\'')} in ${argument}`);
      const rest = argument.slice(at + 1);
      if (rest.startsWith('=')) { set(name, rest.slice(1)); return false; }
      const bare = bareValue(flags[name]!);
      if (bare !== undefined) { set(name, bare); continue; }
      if (rest !== '') { set(name, rest); return false; }
      if (next === undefined) throw new KubectlError(`flag needs an argument: '${letter}' in ${argument}`);
      set(name, next);
      return true;
    }
    return false;
  };

  for (let at = 0; at < line.length; at++) {
    const argument = line[at]!;
    if (argument === '--') {
      dashAt = args.length;
      args.push(...line.slice(at + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      if (!interspersed) {
        args.push(...line.slice(at));
        break;
      }
      args.push(argument);
    } else if (argument.startsWith('--') ? long(argument, line[at + 1]) : short(argument, line[at + 1])) at++;
  }

  for (const [name, flag] of Object.entries(flags)) if (!given.has(name)) values[name] = flag.initial;
  return { values: values as FlagValues<F>, given, args, dashAt };
}
