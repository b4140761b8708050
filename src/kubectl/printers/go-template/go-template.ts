import { KubectlError } from '../../errors.ts';
import type { AnyObject } from '../../resources/item.ts';
import { toGoJson } from '../go-json.ts';
import type { Printer } from '../printer.ts';
import { functions, goText, isTrue } from './functions.ts';
import type { Operand, Pipeline, Template, TemplateNode } from './parse.ts';
import { parseGoTemplate } from './parse.ts';

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

  constructor(template: Template, options: { readonly allowMissing: boolean; readonly root: unknown }) {
    this.#template = template;
    this.#allowMissing = options.allowMissing;
    this.#variables = [{ name: '$', value: options.root }];
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
        if (body === undefined) throw new KubectlError(`template ${JSON.stringify(node.name)} not defined`);
        const value = node.pipeline === undefined ? undefined : this.#pipeline(node.pipeline, dot);
        const variables = this.#variables;
        this.#variables = [{ name: '$', value }];
        this.run(body, value, depth + 1);
        this.#variables = variables;
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
    if (first.kind === 'function') return this.#call(first.name, [...rest.map((one) => () => this.#value(one, dot)), ...piped.map((value) => () => value)]);
    if (rest.length + piped.length > 0) throw new KubectlError(`can't give argument to non-function ${first.kind === 'value' ? goText(first.value) : `.${first.kind === 'path' ? first.fields.join('.') : ''}`}`);
    return this.#value(first, dot);
  }

  #call(name: string, args: readonly (() => unknown)[]): unknown {
    if (name === 'and' || name === 'or') {
      let value: unknown;
      for (const arg of args) {
        value = arg();
        if (isTrue(value) === (name === 'or')) return value;
      }
      return value;
    }
    const called = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (called === undefined) throw new KubectlError(`function ${JSON.stringify(name)} not defined`);
    try {
      return called(...args.map((arg) => arg()));
    } catch (error) {
      throw error instanceof KubectlError && !error.message.startsWith('error calling') ? new KubectlError(`error calling ${name}: ${error.message}`, { cause: error }) : error;
    }
  }

  #value(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case 'value': return operand.value;
      case 'function': return this.#call(operand.name, []);
      case 'path': {
        const { from } = operand;
        let value = from === 'dot' ? dot : 'variable' in from ? this.#variable(from.variable).value : this.#pipeline(from.pipeline, dot);
        for (const field of operand.fields) value = this.#field(value, field);
        return value;
      }
    }
  }

  #field(value: unknown, field: string): unknown {
    if (value === undefined) return undefined;
    if (value === null) throw new KubectlError(`nil data; no entry for key ${JSON.stringify(field)}`);
    if (typeof value !== 'object' || Array.isArray(value)) throw new KubectlError(`can't evaluate field ${field} in type ${Array.isArray(value) ? '[]interface {}' : typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : 'string'}`);
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
      throw new KubectlError(`error executing template ${JSON.stringify(this.#text)}: template: output: ${error.message}. The object was:\n\t${toGoJson(object)}`, { cause: error });
    }
    return evaluation.out;
  }
}
