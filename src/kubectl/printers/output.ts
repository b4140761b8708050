import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { KubectlError } from '../errors.ts';
import { bool, text } from '../flags/flags.ts';
import type { Io } from '../io.ts';
import type { AnyObject } from '../resources/item.ts';
import { toGoJsonAsItIs } from './go-json.ts';
import { toKyamlAsItIs } from './kyaml.ts';
import { JsonPrinter, KyamlPrinter, NamePrinter, YamlPrinter, withoutManagedFields } from './object-printers.ts';
import type { Printer } from './printer.ts';

/** Flags of every command that can print objects. */
export const outputFlags = {
  'output': text('Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file).', { short: 'o' }),
  'template': text('Template string or path to template file to use when -o=go-template, -o=go-template-file.'),
  'show-managed-fields': bool('If true, keep the managedFields when printing objects in JSON or YAML format.'),
  'allow-missing-template-keys': bool('If true, ignore any errors in templates when a field or map key is missing in the template. Only applies to golang and jsonpath output formats.', { initial: true }),
} as const;

export interface OutputOptions {
  readonly output: string;
  readonly template: string;
  readonly showManagedFields: boolean;
  readonly allowMissing: boolean;
  readonly noHeaders?: boolean;
  /** The objects are Go's structures where upstream prints them: their fields stand in another order than by name. */
  readonly typed?: boolean;
  readonly io: Io;
  /** What the command can print beside the forms here; names them in the refusal. */
  readonly allowed: readonly string[];
}

export const objectFormats = ['json', 'yaml', 'kyaml', 'name', 'go-template', 'go-template-file', 'template', 'templatefile', 'jsonpath', 'jsonpath-as-json', 'jsonpath-file'] as const;
export const getFormats = [...objectFormats, 'custom-columns', 'custom-columns-file', 'wide'] as const;

function readFile(path: string, io: Io): string {
  try {
    return readFileSync(resolve(io.folder, path), 'utf8');
  } catch (error) {
    throw new KubectlError(`error reading --template ${path}, open ${path}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : (error as Error).message}`, { cause: error });
  }
}

/** An object of the program's own, whose fields have an order, in the form that `-o` asks for; YAML where it asks for none. */
export async function printOwn(object: AnyObject, values: { readonly 'output': string; readonly 'template': string; readonly 'allow-missing-template-keys': boolean }, io: Io): Promise<string> {
  const output = values.output === '' && values.template === '' ? 'yaml' : values.output;
  const printer = await printerFor({ output, template: values.template, showManagedFields: true, allowMissing: values['allow-missing-template-keys'], io, allowed: objectFormats });
  if (printer === undefined) throw noMatch({ output, allowed: objectFormats });
  if (output === 'json') return `${toGoJsonAsItIs(object, '    ')}\n`;
  return output === 'kyaml' ? toKyamlAsItIs(object) : printer.print(object);
}

/** The printer that `-o` asks for; undefined when it asks for a table. Throws KubectlError for a form that there is not. */
export async function printerFor(options: OutputOptions): Promise<Printer | undefined> {
  const { io, showManagedFields, typed = false } = options;
  const asked = options.output === '' && options.template !== '' ? 'go-template' : options.output;
  const equals = asked.indexOf('=');
  const [form, inline] = equals < 0 ? [asked, undefined] : [asked.slice(0, equals), asked.slice(equals + 1)];
  const template = inline ?? options.template;
  const clean = (printer: Printer): Printer => (showManagedFields ? printer : { print: (object: AnyObject) => printer.print(withoutManagedFields(object)) });
  if (form === '' || form === 'wide') return undefined;
  if (!(options.allowed).includes(form)) throw noMatch(options);
  const order = typed ? (await import('./go-order.ts')).inGoOrder : undefined;
  switch (form) {
    case 'json': return clean(new JsonPrinter(order));
    case 'yaml': return clean(new YamlPrinter(order));
    case 'kyaml': return clean(new KyamlPrinter(order));
    case 'name': return new NamePrinter();
    case 'jsonpath': case 'jsonpath-file': case 'jsonpath-as-json': {
      const { JsonPathPrinter } = await import('./json-path.ts');
      if (template === '') throw new KubectlError(`template format specified but no template given`);
      return new JsonPathPrinter(form === 'jsonpath-file' ? readFile(template, io) : template, { allowMissing: options.allowMissing, asJson: form === 'jsonpath-as-json' });
    }
    case 'go-template': case 'go-template-file': case 'template': case 'templatefile': {
      const { GoTemplatePrinter } = await import('./go-template/go-template.ts');
      if (template === '') throw new KubectlError('template format specified but no template given');
      return new GoTemplatePrinter(form.endsWith('file') ? readFile(template, io) : template, { allowMissing: options.allowMissing });
    }
    case 'custom-columns': case 'custom-columns-file': {
      const { CustomColumnsPrinter, parseColumns, parseColumnsFile } = await import('./custom-columns.ts');
      return new CustomColumnsPrinter(form === 'custom-columns' ? parseColumns(template) : parseColumnsFile(readFile(template, io)), { noHeaders: options.noHeaders === true });
    }
    default: throw new KubectlError(`not supported: the output format ${JSON.stringify(form)}`);
  }
}

/** Refuses a form that a command does not print. */
export function noMatch({ output, allowed }: Pick<OutputOptions, 'output' | 'allowed'>): KubectlError {
  return new KubectlError(`unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: ${[...allowed].sort().join(',')}`);
}
