import type { Chain, Explanation, ExplanationList, Finding, Step } from './explanation.ts';
import { counted, inNamespace, objectText, userText } from './wording.ts';

/** How parts of the text are set off from one another; on anything but a terminal they are not. */
export interface Style {
  bad(text: string): string;
  good(text: string): string;
  quiet(text: string): string;
  strong(text: string): string;
}

const colour = (code: number) => (text: string): string => `\u001B[${code}m${text}\u001B[0m`;
const asItIs = (text: string): string => text;

export const plain: Style = { bad: asItIs, good: asItIs, quiet: asItIs, strong: asItIs };
export const coloured: Style = { bad: colour(31), good: colour(32), quiet: colour(2), strong: colour(1) };

/** An explanation for people. */
export function textOf(explanation: Explanation, style: Style = plain): string {
  const { object, summary, well, findings, history, notes } = explanation;
  const lines = [`${style.strong(objectText(object))}${object.namespace === '' ? '' : ` in ${object.namespace}`}`];
  if (findings[0]?.fact !== summary) lines.push(`  ${well ? style.good(summary) : style.bad(summary)}`);
  for (const finding of findings) lines.push(...findingLines(finding, '  ', style, true));
  if (history.length > 0) lines.push('', style.strong('How it came to this'));
  for (const chain of history) lines.push(...chainLines(chain, style));
  lines.push(...noteLines(notes, style));
  return `${lines.join('\n')}\n`;
}

/** All that is not well, one after the other; empty when there is nothing. */
export function listText({ items, notes }: Pick<ExplanationList, 'items' | 'notes'>, style: Style = plain): string {
  const lines: string[] = [];
  for (const { object, findings } of items) {
    lines.push(`${style.strong(objectText(object))}${object.namespace === '' ? '' : ` in ${object.namespace}`}`);
    for (const finding of findings.slice(0, 3)) lines.push(...briefLines(finding, '  ', style));
    if (findings.length > 3) lines.push(style.quiet(`  and ${counted(findings.length - 3, 'more thing')}: coxswain why ${objectText(object)}${inNamespace(object.namespace)}`));
    lines.push('');
  }
  lines.push(...noteLines(notes, style).slice(1));
  return lines.length === 0 ? '' : `${lines.join('\n').trimEnd()}\n`;
}

function findingLines({ fact, evidence = [], remedy = [], because = [] }: Finding, indent: string, style: Style, top = false): string[] {
  const lines = [`${indent}${top ? style.bad(fact) : fact}`];
  for (const { source, text, at } of evidence) lines.push(style.quiet(`${indent}  ${source}${at === undefined ? '' : ` at ${timeOfDay(at)}`}${text === '' ? '' : `: ${oneLine(text)}`}`));
  for (const finding of because) lines.push(...findingLines(finding, `${indent}  `, style));
  for (const advice of remedy) lines.push(`${indent}  ${style.good('->')} ${advice}`);
  return lines;
}

/** The fact, and the causes at its root with what to do about them. */
function briefLines(finding: Finding, indent: string, style: Style): string[] {
  const { fact, remedy = [], because = [] } = finding;
  const lines = [`${indent}${style.bad(fact)}`];
  for (const one of because.slice(0, 2)) lines.push(...briefLines(one, `${indent}  `, { ...style, bad: asItIs }));
  if (because.length > 2) lines.push(style.quiet(`${indent}  and ${because.length - 2} more`));
  if (remedy[0] !== undefined) lines.push(`${indent}  ${style.good('->')} ${remedy[0]}`);
  return lines;
}

function chainLines({ steps, end }: Chain, style: Style): string[] {
  const lines = steps.map((step, i) => {
    const at = style.quiet(timeOfDay(step.at));
    return i === 0 ? `  ${at}  ${stepText(step)}` : `  ${' '.repeat(timeOfDay(step.at).length)}${'  '.repeat(i)}  because ${at} ${stepText(step)}`;
  });
  if (end !== '') lines.push(style.quiet(`  ${' '.repeat(8)}${'  '.repeat(steps.length)}  ${end}`));
  return lines;
}

const verbs: Readonly<Record<Step['operation'], string>> = { created: 'was created', updated: 'was changed', marked: 'was asked to go', deleted: 'was deleted' };
const bySubresource: Readonly<Record<string, string>> = { binding: 'was bound to a node', status: 'got a new status', scale: 'was scaled', eviction: 'was evicted', resize: 'was resized', ephemeralcontainers: 'got an ephemeral container' };

/** `deployment/web was changed by alice with kubectl scale (kubectl/v1.36.0)`. */
export function stepText({ object, operation, subresource, user, command, userAgent }: Step): string {
  const what = operation === 'updated' || subresource === 'eviction' ? (bySubresource[subresource] ?? verbs[operation]) : verbs[operation];
  const tool = userAgent.split(' ')[0]!;
  const isOwn = user.startsWith('system:serviceaccount:kube-system:') || user.startsWith('system:node:') || user.startsWith('system:kube-');
  const means = command !== '' ? ` with ${command}` : tool === '' || isOwn ? '' : ` with ${tool}`;
  return `${objectText(object)} ${what} by ${userText(user)}${means}`;
}

const timeOfDay = (time: string): string => /T(\d\d:\d\d:\d\d)/.exec(time)?.[1] ?? time;
const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');
const noteLines = (notes: readonly string[], style: Style): string[] => (notes.length === 0 ? [] : ['', ...notes.map((note) => style.quiet(note))]);
