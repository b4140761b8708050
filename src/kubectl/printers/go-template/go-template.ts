import { KubectlError } from '../../errors.ts';
import type { AnyObject } from '../../resources/item.ts';
import { toGoJson } from '../go-json.ts';
import type { Printer } from '../printer.ts';
import { functions, goText, isTrue } from './functions.ts';
import type { Operand, Pipeline, Template, TemplateNode, Written } from './parse.ts';
import { parseGoTemplate } from './parse.ts';

/** Functions that take more than they need. */
const atLeast: ReadonlySet<string> = new Set(['index', 'slice', 'eq', 'printf', 'and', 'or']);

/** Templates that call themselves end here. */
const maxDepth = 1000;

interface Variable { readonly name: string; value: unknown }
/** How a body was left. */
type Left = 'end' | 'break' | 'continue';

/** Runs a template over one value. */
class Evaluation {
  out = '';
  readonly #template: Template;
  readonly #allowMissing: boolean;
  #variables: Variable[];
  /** The template that is run, and what in it was looked at last. */
  #name = 'output';
  #here: Written = { at: 0, source: '' };

  constructor(template: Template, options: { readonly allowMissing: boolean; readonly root: unknown }) {
    this.#template = template;
    this.#allowMissing = options.allowMissing;
    this.#variables = [{ name: '$', value: options.root }];
  }

  /** As upstream tells where something went wrong. */
  where(text: string): string {
    const { at, source } = this.#here;
    const before = text.slice(0, at);
    const line = before.slice(before.lastIndexOf('\n') + 1);
    return `template: output:${before.split('\n').length}:${Buffer.byteLength(line)}: executing ${JSON.stringify(this.#name)} at <${source}>`;
  }

  run(nodes: readonly TemplateNode[], dot: unknown, depth = 0): Left {
    if (depth > maxDepth) throw new KubectlError('exceeded maximum template depth (100000)');
    for (const node of nodes) {
      const left = this.#node(node, dot, depth);
      if (left !== 'end') return left;
    }
    return 'end';
  }

  /** What a body declares is gone after it. */
  #scoped(use: () => Left): Left {
    const before = this.#variables.length;
    const left = use();
    this.#variables.length = before;
    return left;
  }

  #node(node: TemplateNode, dot: unknown, depth: number): Left {
    switch (node.kind) {
      case 'text': this.out += node.text; return 'end';
      case 'break': case 'continue': return node.kind;
      case 'print': {
        const value = this.#pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) this.out += goText(value);
        return 'end';
      }
      case 'if': case 'with': return this.#scoped(() => {
        const value = this.#pipeline(node.pipeline, dot);
        return isTrue(value) ? this.run(node.body, node.kind === 'with' ? value : dot, depth + 1) : this.run(node.otherwise, dot, depth + 1);
      });
      case 'range': return this.#scoped(() => this.#range(node.pipeline, { body: node.body, otherwise: node.otherwise }, dot, depth));
      case 'template': {
        const body = this.#template.named.get(node.name);
        this.#here = node;
        if (body === undefined) throw new KubectlError(`template ${JSON.stringify(node.name)} not defined`);
        const value = node.pipeline === undefined ? undefined : this.#pipeline(node.pipeline, dot);
        const [variables, name] = [this.#variables, this.#name];
        this.#variables = [{ name: '$', value }];
        this.#name = node.name;
        this.run(body, value, depth + 1);
        this.#variables = variables;
        this.#name = name;
        return 'end';
      }
    }
  }

  #range(pipeline: Pipeline, { body, otherwise }: { readonly body: readonly TemplateNode[]; readonly otherwise: readonly TemplateNode[] }, dot: unknown, depth: number): Left {
    const value = this.#commands(pipeline, dot);
    const entries: (readonly [unknown, unknown])[] = Array.isArray(value) ? (value as unknown[]).map((one, i) => [i, one] as const)
      : typeof value === 'object' && value !== null ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
        : typeof value === 'number' ? Array.from({ length: value }, (_, i) => [i, i] as const) : [];
    if (entries.length === 0 && value !== null && value !== undefined && typeof value !== 'object' && typeof value !== 'number') throw new KubectlError(`range can't iterate over ${goText(value)}`);
    if (entries.length === 0) return this.run(otherwise, dot, depth + 1);
    for (const [key, one] of entries) {
      const { variables } = pipeline;
      const before = this.#variables.length;
      if (variables.length === 1) this.#set(pipeline, variables[0]!, one);
      if (variables.length === 2) {
        this.#set(pipeline, variables[0]!, key);
        this.#set(pipeline, variables[1]!, one);
      }
      const left = this.run(body, one, depth + 1);
      this.#variables.length = before;
      if (left === 'break') break;
    }
    return 'end';
  }

  #set({ assigns }: Pipeline, name: string, value: unknown): void {
    if (!assigns) this.#variables.push({ name, value });
    else this.#variable(name).value = value;
  }

  #variable(name: string): Variable {
    const found = this.#variables.findLast((one) => one.name === name);
    if (found === undefined) throw new KubectlError(`undefined variable ${JSON.stringify(name)}`);
    return found;
  }

  #pipeline(pipeline: Pipeline, dot: unknown): unknown {
    const value = this.#commands(pipeline, dot);
    for (const name of pipeline.variables) this.#set(pipeline, name, value);
    return value;
  }

  #commands({ commands }: Pipeline, dot: unknown): unknown {
    let value: unknown;
    commands.forEach((words, i) => { value = this.#command(words, dot, i === 0 ? [] : [value]); });
    return value;
  }

  #command([first, ...rest]: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    if (first === undefined) throw new KubectlError('missing value for command');
    this.#here = first;
    if (first.kind === 'function') return this.#call({ name: first.name, at: first.at, source: [first, ...rest].map((word) => word.source).join(' ') }, [...rest.map((one) => () => this.#value(one, dot)), ...piped.map((value) => () => value)]);
    if (rest.length + piped.length > 0) throw new KubectlError(first.kind === 'path' && first.fields.length > 0 ? `${first.fields.at(-1)!} is not a method but has arguments` : `can't give argument to non-function ${first.source}`);
    if (first.kind === 'value' && first.value === null) throw new KubectlError('nil is not a command');
    return this.#value(first, dot);
  }

  #call({ name, ...written }: Written & { readonly name: string }, args: readonly (() => unknown)[]): unknown {
    const wanted = name === 'and' || name === 'or' ? undefined : functions[name]?.length;
    this.#here = { ...written, source: name };
    if (args.length === 0 && (wanted === undefined || wanted > 0)) throw new KubectlError(`wrong number of args for ${name}: want ${wanted === undefined || atLeast.has(name) ? 'at least ' : ''}${wanted ?? 1} got 0`);
    if (name === 'not' && args.length > 1) throw new KubectlError(`wrong number of args for not: want 1 got ${args.length}`);
    if (name === 'and' || name === 'or') {
      let value: unknown;
      for (const arg of args) {
        value = arg();
        if (isTrue(value) === (name === 'or')) return value;
      }
      return value;
    }
    const called = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (called === undefined) {
      // Values of JSON are no functions: there is nothing to call.
      const value = args[0]?.();
      this.#here = written;
      throw new KubectlError(`error calling call: call of ${value === null || value === undefined ? 'nil' : goText(value)}`);
    }
    try {
      const values = args.map((arg) => arg());
      this.#here = written;
      return called(...values);
    } catch (error) {
      throw error instanceof KubectlError && !error.message.startsWith('error calling') ? new KubectlError(`error calling ${name}: ${error.message}`, { cause: error }) : error;
    }
  }

  #value(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case 'value': this.#here = operand; return operand.value;
      case 'function': return this.#call(operand, []);
      case 'path': {
        const { from } = operand;
        let value = from === 'dot' ? dot : 'variable' in from ? this.#variable(from.variable).value : this.#pipeline(from.pipeline, dot);
        this.#here = operand;
        for (const field of operand.fields) value = this.#field(value, field);
        return value;
      }
    }
  }

  #field(value: unknown, field: string): unknown {
    if (value === undefined) return undefined;
    if (value === null) throw new KubectlError(`nil data; no entry for key ${JSON.stringify(field)}`);
    if (typeof value !== 'object' || Array.isArray(value)) throw new KubectlError(`can't evaluate field ${field} in type interface {}`);
    if (Object.hasOwn(value, field)) return (value as Record<string, unknown>)[field];
    if (!this.#allowMissing) throw new KubectlError(`map has no entry for key ${JSON.stringify(field)}`);
    return undefined;
  }
}

/** `-o go-template=TEMPLATE`. */
export class GoTemplatePrinter implements Printer {
  readonly #text: string;
  readonly #template: Template;
  readonly #allowMissing: boolean;

  constructor(text: string, { allowMissing }: { readonly allowMissing: boolean }) {
    this.#text = text;
    this.#allowMissing = allowMissing;
    try {
      this.#template = parseGoTemplate(text);
    } catch (error) {
      throw error instanceof KubectlError ? new KubectlError(`error parsing template ${text}, template: output:1: ${error.message}`, { cause: error }) : error;
    }
  }

  print(object: AnyObject): string {
    const evaluation = new Evaluation(this.#template, { allowMissing: this.#allowMissing, root: object });
    try {
      evaluation.run(this.#template.body, object);
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      const failure = `${evaluation.where(this.#text)}: ${error.message}`;
      const shown = `${evaluation.out}Error executing template: ${failure}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${this.#text}\n\traw data was:\n\t\t${toGoJson(object)}\n\tobject given to template engine was:\n\t\t${goText(object)}\n\n`;
      throw new KubectlError(`error executing template ${JSON.stringify(this.#text)}: ${failure}`, { cause: error, shown });
    }
    return evaluation.out;
  }
}
