import { ApiError, isReason } from '../../api/status.ts';
import { fullNameOf } from '../discovery/resource.ts';
import { ExitError, KubectlError, throwAll } from '../errors.ts';
import { toGoJson } from '../printers/go-json.ts';
import { toGoYaml } from '../printers/go-yaml.ts';
import { withoutManagedFields } from '../printers/object-printers.ts';
import type { Printer } from '../printers/printer.ts';
import type { AnyObject, Item } from '../resources/item.ts';
import { parseManifest } from '../resources/parse-manifest.ts';
import { select } from '../resources/select.ts';
import type { Session } from '../session.ts';
import type { EditReason } from './edit-text.ts';
import { editHeader, hasContent, meaningOf, withoutComments } from './edit-text.ts';
import type { EditedFile } from './launch-editor.ts';
import { discard, launchEditor } from './launch-editor.ts';

export interface EditOptions {
  /** `json`: the file is JSON, and has no comments. */
  readonly output: string;
  readonly subresource: string;
  /** What is edited is what was applied last. */
  readonly lastApplied: boolean;
  readonly printerOf: (operation: string) => Printer;
  /** Does what was asked with an edited object; `original`: what it was, where it is known. Resolves with what is said of it. */
  readonly save: (edited: Item, original: Item | undefined) => Promise<{ readonly object: AnyObject; readonly operation: string }>;
}

/** What became of one round. */
interface Round { readonly reasons: EditReason[]; retryable: number; missing: number }

/** The user edits objects until the server takes them, or gives up; what was written is kept where it cannot be taken. */
export class ObjectEditor {
  readonly #session: Session;
  readonly #options: EditOptions;

  constructor(session: Session, options: EditOptions) {
    this.#session = session;
    this.#options = options;
  }

  #textOf(items: readonly Item[]): string {
    const { output } = this.#options;
    if (!['', 'json', 'yaml'].includes(output)) throw new KubectlError(`unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: json,kyaml,yaml`);
    const objects = items.map(({ object }) => withoutManagedFields(object!));
    const shown: AnyObject = objects.length === 1 ? objects[0]! : { apiVersion: 'v1', kind: 'List', items: objects, metadata: {} };
    return this.#options.output === 'json' ? `${toGoJson(shown, '    ')}\n` : toGoYaml(shown);
  }

  /** Edits these objects in one file. Throws ExitError when all has been said. */
  async edit(items: readonly Item[]): Promise<void> {
    const { stderr } = this.#session.io;
    const original = this.#textOf(items);
    const json = this.#options.output === 'json';
    let content = original;
    let reasons: readonly EditReason[] = [];
    let last: EditedFile | undefined;
    for (;;) {
      const header = json ? '' : editHeader(reasons, { lastApplied: this.#options.lastApplied });
      let edited: EditedFile;
      try {
        edited = await launchEditor(this.#session.io, header + content, json ? '.json' : '.yaml');
      } catch (error) {
        throw await this.#preserved(error, last?.path);
      }
      if (last !== undefined) {
        if (meaningOf(last.text) === meaningOf(edited.text)) throw await this.#preserved(new KubectlError('Edit cancelled, no valid changes were saved.'), edited.path);
        discard(last.path);
      }
      if (meaningOf(original) === meaningOf(edited.text)) {
        discard(edited.path);
        return stderr.write('Edit cancelled, no changes made.\n');
      }
      last = edited;
      const again = await this.#take(edited, items);
      if (again === undefined) return discard(edited.path);
      reasons = again;
      content = withoutComments(edited.text);
    }
  }

  /** Saves what was edited; resolves with why it has to be edited again. */
  async #take(edited: EditedFile, items: readonly Item[]): Promise<readonly EditReason[] | undefined> {
    const { stderr } = this.#session.io;
    let changed: readonly Item[];
    if (!hasContent(edited.text)) {
      const { resource, name } = items[0]!;
      await stderr.write(`error: ${fullNameOf(resource!)} ${JSON.stringify(name)} is invalid\n`);
      return [{ head: `${fullNameOf(resource!)} ${JSON.stringify(name)} was not valid`, other: ['<nil>: Invalid value: "The edited file failed validation": the file is empty'] }];
    }
    try {
      changed = await this.#itemsOf(edited.text);
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      return [{ head: `The edited file had a syntax error: ${error.message}`, other: [] }];
    }
    const round: Round = { reasons: [], retryable: 0, missing: 0 };
    for (const item of changed) {
      try {
        const { object, operation } = await this.#options.save(item, originalOf(item, items));
        await this.#session.io.stdout.write(this.#options.printerOf(operation).print(object));
      } catch (error) {
        if (!(error instanceof ApiError)) throw await this.#preserved(error, edited.path);
        await stderr.write(`${told(error, item, round)}\n`);
      }
    }
    if (round.retryable > 0) {
      await stderr.write(`You can run \`kubectl replace -f ${edited.path}\` to try this update again.\n`);
      throw new ExitError(1);
    }
    if (round.missing > 0) {
      await stderr.write(`The edits you made on deleted resources have been saved to ${JSON.stringify(edited.path)}\n`);
      throw new ExitError(1);
    }
    return round.reasons.length === 0 ? undefined : round.reasons;
  }

  async #itemsOf(text: string): Promise<Item[]> {
    const given = (await parseManifest(text, 'edited-file')).map((object) => ({ object, source: 'edited-file' }));
    const selected = await select(this.#session, { given, subresource: this.#options.subresource, requireNamespace: true, continueOnError: true });
    const found = await selected.items();
    throwAll(selected.errors);
    return found;
  }

  async #preserved(error: unknown, path: string | undefined): Promise<unknown> {
    if (path !== undefined) await this.#session.io.stderr.write(`A copy of your changes has been stored to ${JSON.stringify(path)}\n`);
    return error;
  }
}

/** The object that was edited into this one. */
function originalOf(edited: Item, items: readonly Item[]): Item | undefined {
  const uid = edited.object?.metadata?.uid;
  return uid === undefined ? items.find(({ name, namespace, object }) => name === edited.name && namespace === edited.namespace && object?.kind === edited.object?.kind) ?? (items.length === 1 ? items[0] : undefined) : items.find(({ object }) => object?.metadata?.uid === uid);
}

function told(error: ApiError, { resource, name }: Item, round: Round): string {
  const { message } = error;
  const subject = `${fullNameOf(resource!)} ${JSON.stringify(name)}`;
  if (isReason(error, 'Invalid')) {
    round.reasons.push({ head: `${subject} was not valid`, other: (error.details?.causes ?? []).map(({ field = '', message = '' }) => `${field}: ${message}`) });
    return `error: ${subject} is invalid`;
  }
  if (isReason(error, 'NotFound')) {
    round.missing++;
    return `error: ${subject} could not be found on the server`;
  }
  round.retryable++;
  return `error: ${subject} could not be patched: ${message}`;
}
