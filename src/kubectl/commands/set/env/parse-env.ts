import { regexMessage } from '../../../../api/meta/validation.ts';
import { KubectlError } from '../../../errors.ts';
import type { EnvVar } from '../pod-spec.ts';

const isEnvironment = (word: string): boolean => /^[^]+=/.test(word) || word.endsWith('-');

/** Parts variables from the resources before them. */
export function partEnvironment(args: readonly string[]): { readonly resources: readonly string[]; readonly words: readonly string[] } {
  const begin = args.findIndex(isEnvironment);
  const [resources, words] = begin < 0 ? [args, []] : [args.slice(0, begin), args.slice(begin)];
  if (!words.every(isEnvironment)) throw new KubectlError(`all resources must be specified before environment changes: ${args.join(' ')}`);
  return { resources, words };
}

/** The rule that kubectl kept when the API became more generous. */
const strictName = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
const nameRule = regexMessage('a valid environment variable name must consist of alphabetic characters, digits, \'_\', \'-\', or \'.\', and must not start with a digit', '[-._a-zA-Z][-._a-zA-Z0-9]*', 'my.env-name', 'MY_ENV.NAME', 'MyEnvName1');

export interface EnvChanges {
  readonly set: readonly EnvVar[];
  readonly remove: readonly string[];
  /** `-` was among the words: the input has been read. */
  readonly stdin: boolean;
}

function pairOf(text: string): EnvVar {
  const equals = text.indexOf('=');
  return { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

/** Lines of `KEY=value`, up to a `#`. */
const linesOf = (text: string): EnvVar[] => text.split(/\r?\n/).map((line) => line.split('#')[0]!).filter((line) => line.includes('=')).map(pairOf);

/** Reads `KEY=value`, `KEY-` and `-`, which stands for the input. Throws KubectlError for anything else. */
export async function readEnvironment(words: readonly string[], readInput: () => Promise<string>): Promise<EnvChanges> {
  const set: EnvVar[] = [];
  const remove: string[] = [];
  const written = new Set<string>();
  for (const word of words) {
    if (word === '-') set.push(...linesOf(await readInput()));
    else if (word.includes('=')) {
      const pair = pairOf(word);
      if (!strictName.test(pair.name)) throw new KubectlError(`${JSON.stringify(pair.name)} is not a valid key name: ${nameRule}`);
      written.add(pair.name);
      set.push(pair);
    } else if (word.endsWith('-')) remove.push(word.slice(0, -1));
    else throw new KubectlError(`unknown environment variable: ${word}`);
  }
  if (remove.some((name) => written.has(name))) throw new KubectlError('can not both modify and remove the same environment variable in the same command');
  return { set, remove, stdin: words.includes('-') };
}

/** The variables after the changes: what is there keeps its place, what is new follows. */
export function changedEnvironment(before: readonly EnvVar[], { set, remove }: EnvChanges): EnvVar[] {
  const covered = new Set(remove);
  const out: EnvVar[] = [];
  for (const variable of before) {
    if (covered.has(variable.name)) continue;
    const newer = set.find(({ name }) => name === variable.name);
    if (newer !== undefined) covered.add(newer.name);
    out.push(newer ?? variable);
  }
  for (const variable of set) {
    if (covered.has(variable.name)) continue;
    covered.add(variable.name);
    out.push(variable);
  }
  return out;
}
