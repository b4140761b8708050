import { parseExactly } from '../../api/codec/exact-integers.ts';
import { KubectlError } from '../errors.ts';
import type { AnyObject } from './item.ts';

/** The objects of a manifest: JSON values one after another, or YAML documents. Empty documents are passed over. Throws KubectlError that names the source, and the line where there is one. */
export async function parseManifest(text: string, source: string): Promise<AnyObject[]> {
  const values = /^\s*[{[]/.test(text) ? parseJson(text, source) : await parseYaml(text, source);
  return values.filter((value) => value !== null && value !== undefined).map((value) => {
    if (typeof value !== 'object' || Array.isArray(value)) throw new KubectlError(`error validating ${JSON.stringify(source)}: error validating data: invalid object to validate; if you choose to ignore these errors, turn validation off with --validate=false`);
    return value as AnyObject;
  });
}

function parseJson(text: string, source: string): unknown[] {
  try {
    return [parseExactly(text)];
  } catch (error) {
    const values = severalValues(text);
    if (values !== undefined) return values;
    throw new KubectlError(`error parsing ${source}: json: line ${lineOfJsonError(text, error as Error)}: ${(error as Error).message}`, { cause: error });
  }
}

/** JSON values that follow one another, as `kubectl get -o json` of several calls into one file leaves them; undefined when they are none. */
function severalValues(text: string): unknown[] | undefined {
  const values: unknown[] = [];
  let depth = 0;
  let inString = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') {
      depth--;
      if (depth !== 0) continue;
      try {
        values.push(parseExactly(text.slice(start, i + 1)));
      } catch {
        return undefined;
      }
      start = i + 1;
    }
  }
  return text.slice(start).trim() === '' && values.length > 1 ? values : undefined;
}

function lineOfJsonError(text: string, { message }: Error): number {
  const position = /position (\d+)/.exec(message);
  return position === null ? text.split('\n').length : text.slice(0, Number(position[1])).split('\n').length;
}

async function parseYaml(text: string, source: string): Promise<unknown[]> {
  const { decodeYaml } = await import('../../api/codec/yaml.ts');
  // The decoder takes one document: they are parted as upstream's reader does, at lines that begin with `---`.
  const values: unknown[] = [];
  let line = 1;
  for (const document of text.split(/^---(?=\s|$)[^\n]*\n?/m)) {
    if (!/^\s*(#[^\n]*\s*)*$/.test(document)) {
      try {
        values.push(decodeYaml(document).value);
      } catch (error) {
        const message = (error as Error).message.replace(/line (\d+)/, (_, at: string) => `line ${Number(at) + line - 1}`);
        throw new KubectlError(`error parsing ${source}: ${message}`, { cause: error });
      }
    }
    line += document.split('\n').length - (document.endsWith('\n') || document === '' ? 0 : 1);
  }
  return values;
}
