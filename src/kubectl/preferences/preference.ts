import { parseAllDocuments } from 'yaml';
import { KubectlError } from '../errors.ts';

/** What a user prefers a flag to be. */
export interface OptionDefault { readonly name: string; readonly default: string }
export interface CommandDefaults { readonly command: string; readonly options: readonly OptionDefault[] | null }
/** A command under a name of the user's. */
export interface Alias { readonly name: string; readonly command: string; readonly prependArgs?: readonly string[]; readonly appendArgs?: readonly string[]; readonly options?: readonly OptionDefault[] }
export interface AllowlistEntry { readonly name?: string; readonly command?: string }

/** A `Preference` of kubectl.config.k8s.io/v1beta1. */
export interface Preference {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly defaults: readonly CommandDefaults[] | null;
  readonly aliases: readonly Alias[] | null;
  readonly credentialPluginPolicy?: string;
  readonly credentialPluginAllowlist?: readonly AllowlistEntry[];
}

export const group = 'kubectl.config.k8s.io';
export const kind = 'Preference';

type Shape = 'string' | { readonly items: Shape } | { readonly fields: Readonly<Record<string, Shape>> };

const options: Shape = { items: { fields: { name: 'string', default: 'string' } } };
const texts: Shape = { items: 'string' };
const typeMeta = { apiVersion: 'string', kind: 'string' } as const;
const alias = { name: 'string', command: 'string', prependArgs: texts, appendArgs: texts } as const;

const shapes: Readonly<Record<'v1alpha1' | 'v1beta1', Shape>> = {
  v1alpha1: { fields: { ...typeMeta, overrides: { items: { fields: { command: 'string', flags: options } } }, aliases: { items: { fields: { ...alias, flags: options } } } } },
  v1beta1: {
    fields: {
      ...typeMeta, defaults: { items: { fields: { command: 'string', options } } }, aliases: { items: { fields: { ...alias, options } } },
      credentialPluginPolicy: 'string', credentialPluginAllowlist: { items: { fields: { name: 'string', command: 'string' } } },
    },
  },
};

interface Reading {
  /** Whether numbers and truth values are taken for the strings that they are written as. */
  readonly scalarsAsTexts: boolean;
  /** Fields that there are not, by their paths. */
  readonly unknown: string[];
}

/** The value in its shape, null where nothing is written. Throws KubectlError where it has another. */
function shaped(value: unknown, shape: Shape, path: string, reading: Reading): unknown {
  if (value === null || value === undefined) return null;
  const wrong = (wanted: string): KubectlError => new KubectlError(`cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into ${path === '' ? 'Preference' : `field ${path}`} of type ${wanted}`);
  if (shape === 'string') {
    if (typeof value === 'string') return value;
    if (reading.scalarsAsTexts && typeof value !== 'object') return String(value);
    throw wrong('string');
  }
  if ('items' in shape) {
    if (!Array.isArray(value)) throw wrong('array');
    return value.map((one, at) => shaped(one, shape.items, `${path}[${at}]`, reading) ?? (shape.items === 'string' ? '' : {}));
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong('object');
  const read: [string, unknown][] = [];
  for (const [name, child] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const childPath = path === '' ? name : `${path}.${name}`;
    const childShape = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    if (childShape === undefined) reading.unknown.push(childPath);
    else read.push([name, shaped(child, childShape, childPath, reading)]);
  }
  return Object.fromEntries(read.filter(([, child]) => child !== null));
}

interface Written { readonly kind?: string; readonly apiVersion?: string; readonly credentialPluginPolicy?: string; readonly credentialPluginAllowlist?: readonly AllowlistEntry[] }
interface Alpha extends Written { readonly overrides?: readonly { command?: string; flags?: readonly Partial<OptionDefault>[] }[]; readonly aliases?: readonly (Partial<Alias> & { flags?: readonly Partial<OptionDefault>[] })[] }
interface Beta extends Written { readonly defaults?: readonly { command?: string; options?: readonly Partial<OptionDefault>[] }[]; readonly aliases?: readonly Partial<Alias>[] }

const optionsOf = (written: readonly Partial<OptionDefault>[]): OptionDefault[] => written.map(({ name = '', default: value = '' }) => ({ name, default: value }));

function preferenceOf(beta: Beta): Preference {
  const { defaults = null, aliases = null, ...rest } = beta;
  return {
    ...rest,
    defaults: defaults?.map((one) => ({ command: one.command ?? '', options: one.options === undefined ? null : optionsOf(one.options) })) ?? null,
    aliases: aliases?.map(({ name = '', command = '', options: preferred, ...more }) => ({ name, command, ...more, ...(preferred !== undefined && { options: optionsOf(preferred) }) })) ?? null,
  };
}

const betaOf = ({ overrides, aliases, ...rest }: Alpha): Beta => ({
  ...rest,
  ...(overrides !== undefined && { defaults: overrides.map(({ flags, ...one }) => ({ ...one, ...(flags !== undefined && { options: flags }) })) }),
  ...(aliases !== undefined && { aliases: aliases.map(({ flags, ...one }) => ({ ...one, ...(flags !== undefined && { options: optionsOf(flags) }) })) }),
});

/** `name` is what `command` was called before v1.36. Throws where both are there and differ. */
function currentEntry({ name = '', command = '' }: AllowlistEntry): AllowlistEntry {
  if (name !== '' && command !== '' && name !== command) throw new KubectlError('an allowlist entry has a name and another command');
  return { command: command === '' ? name : command };
}

/**
 * The first preferences of the file's documents that this version understands; `mistakes` are what it has beside. Undefined
 * for a file in which nothing is written. Throws KubectlError where something is and none of it are preferences.
 */
export function decodePreference(text: string, file: string): { readonly preference: Preference; readonly mistakes: string | undefined } | undefined {
  let attempted = 0;
  for (const part of text.split(/^---[^\S\n]*(?:\n|$)/m)) {
    if (part.trim() === '') continue;
    attempted++;
    try {
      const documents = parseAllDocuments(part, { version: '1.1', uniqueKeys: false, prettyErrors: false });
      const value = 'empty' in documents ? null : documents[0]?.toJS() as { readonly apiVersion?: unknown; readonly kind?: unknown } | null;
      const version = /^kubectl\.config\.k8s\.io\/(v1alpha1|v1beta1)$/.exec(String(value?.apiVersion))?.[1] as keyof typeof shapes | undefined;
      if (version === undefined || value?.kind !== kind) continue;
      const unknown: string[] = [];
      const read = shaped(value, shapes[version], '', { scalarsAsTexts: false, unknown });
      const preference = preferenceOf(version === 'v1beta1' ? read as Beta : betaOf(read as Alpha));
      const { credentialPluginAllowlist: allowed } = preference;
      return {
        preference: { ...preference, ...(allowed !== undefined && { credentialPluginAllowlist: allowed.map(currentEntry) }) },
        mistakes: unknown.length === 0 ? undefined : `strict decoding error: ${unknown.map((path) => `unknown field ${JSON.stringify(path)}`).join(', ')}`,
      };
    } catch {
      // Not one that this version understands: the next may be.
    }
  }
  if (attempted > 0) throw new KubectlError(`no valid preferences found in ${file}, use --v=5 to see details`);
  return undefined;
}

/** The file's first document as preferences, whatever version it says, as `kuberc view` and `set` take it. Throws KubectlError. */
export function parsePreference(text: string): Preference | undefined {
  try {
    const documents = parseAllDocuments(text, { version: '1.1', uniqueKeys: false, prettyErrors: false });
    const [document] = 'empty' in documents ? [] : documents;
    if (document?.errors[0] !== undefined) throw document.errors[0];
    const value: unknown = document?.toJS();
    if (value === null || value === undefined) return undefined;
    return preferenceOf(shaped(value, shapes.v1beta1, '', { scalarsAsTexts: true, unknown: [] }) as Beta);
  } catch (error) {
    throw new KubectlError(`error parsing kuberc file: ${(error as Error).message}`, { cause: error });
  }
}
