import { KubectlError } from '../../errors.ts';
import type { GroupVersionKind, Schema } from './schema-text.ts';

/** What `--output=plaintext-openapiv2` says: how it was before there was OpenAPI v3. */

export interface DocumentV2 { readonly definitions?: Readonly<Record<string, Schema>> }

const width = 80;
const [fieldIndent, textIndent, levelIndent] = [3, 5, 3];

type Node = { readonly kind: 'array' | 'map'; readonly of: Schema } | { readonly kind: 'reference'; readonly name: string; readonly to: Schema } | { readonly kind: 'fields' } | { readonly kind: 'arbitrary' } | { readonly kind: 'primitive'; readonly type: string };

/** A line begins after it: a list, a block of code, a colon before it. */
const beginsLine = (lastWord: string, line: string): boolean => lastWord.endsWith(':') || line.startsWith('    ') || line.trim() === '' || /^(?:\d+\.?|-|\*)\s/.test(line.trim());

/** Lines of one paragraph put together, and broken where they are too long. */
function wrapped(text: string, limit: number): string[] {
  const out: string[] = [];
  let line: string[] = [];
  let lastWord = '';
  const flush = (): void => {
    if (line.length === 0) return;
    out.push(line.join(' '));
    line = [];
    lastWord = '';
  };
  for (const source of text.split('\n')) {
    if (source.startsWith('    ')) {
      flush();
      out.push(source);
      continue;
    }
    if (out.length > 0 && source.trim() === '') {
      flush();
      out.push('');
      continue;
    }
    if (beginsLine(lastWord, source)) flush();
    for (const word of source.split(/\s+/).filter((one) => one !== '')) {
      lastWord = word;
      if (line.length > 0 && [...line, word].join(' ').length > limit) flush();
      line.push(word);
    }
  }
  flush();
  return out;
}

export class SchemaTextV2 {
  readonly #document: DocumentV2;
  readonly #recursive: boolean;
  readonly #within = new Set<string>();

  constructor(document: DocumentV2, { recursive }: { readonly recursive: boolean }) {
    this.#document = document;
    this.#recursive = recursive;
  }

  /** Throws KubectlError for a kind or a field that there is not. */
  of(kind: GroupVersionKind, path: readonly string[]): string {
    const same = (one: GroupVersionKind): boolean => one.group === kind.group && one.version === kind.version && one.kind === kind.kind;
    const groupVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
    const schema = Object.values(this.#document.definitions ?? {}).find((one) => one['x-kubernetes-group-version-kind']?.some(same) === true);
    if (schema === undefined) throw new KubectlError(`couldn't find resource for ${JSON.stringify(`${kind.group}/${kind.version}, Kind=${kind.kind}`)}`);
    const found = this.#follow(schema, path);
    return `KIND:     ${kind.kind}\nVERSION:  ${groupVersion}\n\n${this.#model(path.at(-1) ?? '', found, { descriptions: [], type: '' })}`;
  }

  #node(schema: Schema): Node {
    if (schema.$ref !== undefined) {
      const name = schema.$ref.replace('#/definitions/', '');
      return { kind: 'reference', name, to: this.#document.definitions?.[name] ?? {} };
    }
    if (schema.properties !== undefined) return { kind: 'fields' };
    if (schema.type === 'array' && schema.items !== undefined) return { kind: 'array', of: schema.items };
    if (schema.type === 'object') return { kind: 'map', of: typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {} };
    return schema.type === undefined ? { kind: 'arbitrary' } : { kind: 'primitive', type: schema.type };
  }

  #follow(schema: Schema, path: readonly string[]): Schema {
    const node = this.#node(schema);
    const [field, ...rest] = path;
    if (field === undefined || node.kind === 'primitive' || node.kind === 'arbitrary') return schema;
    if (node.kind === 'reference') return this.#follow(node.to, path);
    if (node.kind !== 'fields') return this.#follow(node.of, path);
    const next = schema.properties?.[field];
    if (next === undefined) throw new KubectlError(`field ${JSON.stringify(field)} does not exist`);
    return this.#follow(next, rest);
  }

  #model(name: string, schema: Schema, { descriptions, type }: { readonly descriptions: readonly string[]; readonly type: string }): string {
    const node = this.#node(schema);
    const gathered = [...descriptions, schema.description ?? ''];
    switch (node.kind) {
      case 'reference': return this.#model(name, node.to, { descriptions: gathered, type });
      case 'array': case 'map': return this.#model(name, node.of, { descriptions: gathered, type: type === '' ? this.#type(schema) : type });
      case 'fields': return `${name === '' ? '' : `RESOURCE: ${name} <${type === '' ? 'Object' : type}>\n\n`}${descriptionText(gathered)}\nFIELDS:\n${this.#recursive ? this.#tree(schema, fieldIndent) : this.#fields(schema)}`;
      case 'primitive': return `FIELD:    ${name} <${type === '' ? node.type : type}>\n\n${descriptionText(gathered)}`;
      case 'arbitrary': return descriptionText(gathered);
    }
  }

  #type(schema: Schema): string {
    const node = this.#node(schema);
    switch (node.kind) {
      case 'reference': return this.#type(node.to);
      case 'array': return `[]${this.#type(node.of)}`;
      case 'map': return `map[string]${this.#type(node.of)}`;
      case 'fields': return 'Object';
      case 'primitive': return node.type;
      case 'arbitrary': return '';
    }
  }

  #sorted(schema: Schema): [string, Schema][] {
    return Object.entries(schema.properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #fields(schema: Schema): string {
    const pad = ' '.repeat(fieldIndent);
    return this.#sorted(schema).map(([name, field]) => `${pad}${name}\t<${this.#type(field)}>${schema.required?.includes(name) === true ? ' -required-' : ''}\n${lines(wrapped(field.description ?? '', width - fieldIndent - 2), fieldIndent + 2)}\n`).join('');
  }

  /** All fields below one another, each kind once on the way down. */
  #tree(schema: Schema, indent: number): string {
    const node = this.#node(schema);
    switch (node.kind) {
      case 'reference': {
        if (this.#within.has(node.name)) return '';
        this.#within.add(node.name);
        const text = this.#tree(node.to, indent);
        this.#within.delete(node.name);
        return text;
      }
      case 'array': case 'map': return this.#tree(node.of, indent);
      case 'fields': return this.#sorted(schema).map(([name, field]) => `${' '.repeat(indent)}${name}\t<${this.#type(field)}>\n${this.#tree(field, indent + levelIndent)}`).join('');
      case 'primitive': case 'arbitrary': return '';
    }
  }
}

const lines = (texts: readonly string[], indent: number): string => texts.map((text) => (text === '' ? '\n' : `${' '.repeat(indent)}${text}\n`)).join('');

function descriptionText(descriptions: readonly string[]): string {
  const parts = descriptions.flatMap((description, i) => (description === '' ? [] : [`${i > 0 ? '\n' : ''}${lines(wrapped(description, width - textIndent), textIndent)}`]));
  return `DESCRIPTION:\n${parts.length === 0 ? `${' '.repeat(textIndent)}<empty>\n` : parts.join('')}`;
}
