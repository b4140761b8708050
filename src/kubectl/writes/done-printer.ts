import { NamePrinter } from '../printers/object-printers.ts';
import { printerFor } from '../printers/output.ts';
import type { Printer } from '../printers/printer.ts';
import type { Session } from '../session.ts';
import type { DryRun } from './write-flags.ts';
import { doneText } from './write-flags.ts';

interface OutputFlagValues { readonly 'output': string; readonly 'template': string; readonly 'show-managed-fields': boolean; readonly 'allow-missing-template-keys': boolean }

const formats = ['go-template', 'go-template-file', 'json', 'jsonpath', 'jsonpath-as-json', 'jsonpath-file', 'kyaml', 'name', 'template', 'templatefile', 'yaml'];

/** How commands that write tell what they did: `pod/web created`, unless `-o` asks for the object. `typed`: see `OutputOptions`. */
export async function donePrinters(session: Session, flags: OutputFlagValues, dryRun: DryRun, { typed = false }: { readonly typed?: boolean } = {}): Promise<(operation: string) => Printer> {
  const asked = await printerFor({ output: flags.output, template: flags.template, showManagedFields: flags['show-managed-fields'], allowMissing: flags['allow-missing-template-keys'], io: session.io, allowed: formats, typed });
  return (operation) => asked ?? new NamePrinter(doneText(operation, dryRun));
}
