import type { Command, CommandEntry, CommandGroup } from './command.ts';
import type { Flag } from './flags/flags.ts';

const indent = (text: string, by: string): string => text.trim().split('\n').map((line) => (line === '' ? '' : by + line.replace(/^\t+/, ''))).join('\n');

function entryLines(entries: readonly CommandEntry[], least = 13): string {
  const shown = entries.filter(({ hidden }) => hidden !== true);
  const width = Math.max(...shown.map(({ name }) => name.length), least);
  return shown.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}\n`).join('');
}

function initialText(flag: Flag<unknown>): string {
  switch (flag.kind) {
    case 'bool': return String(flag.initial);
    case 'string': return `'${flag.initial}'`;
    case 'int': return String(flag.initial);
    case 'duration': return flag.text;
    case 'strings': return '[]';
  }
}

function flagText(name: string, flag: Flag<unknown>): string {
  const bare = flag.kind === 'string' && flag.bare !== undefined ? `[=${flag.bare}]` : '';
  return `    ${flag.short === undefined ? '    ' : `-${flag.short}, `}--${name}${bare}=${flag.placeholder ?? initialText(flag)}:\n\t${flag.help}\n`;
}

/** What `kubectl` alone says. */
export function overview(groups: readonly CommandGroup[]): string {
  const sections = groups.filter(({ commands }) => commands.some(({ hidden }) => hidden !== true)).map(({ heading, commands }) => `${heading}:\n${entryLines(commands, 15)}\n`).join('');
  return `kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n\n${sections}Usage:\n  kubectl [flags] [options]\n\nUse "kubectl <command> --help" for more information about a given command.\nUse "kubectl options" for a list of global command-line options (applies to all commands).\n`;
}

/** What `kubectl COMMAND --help` says. */
export function helpOf(command: Command, path: readonly string[]): string {
  const parts = [command.description.trim()];
  if (command.aliases !== undefined && command.aliases.length > 0) parts.push(`Aliases:\n${[path.at(-1)!, ...command.aliases].join(', ')}`);
  if (command.examples !== undefined) parts.push(`Examples:\n${indent(command.examples, '  ')}`);
  if (command.commands !== undefined && command.commands.length > 0) parts.push(`Available Commands:\n${entryLines(command.commands).trimEnd()}`);
  const flags = Object.entries(command.flags ?? {}).filter(([, flag]) => flag.hidden !== true && flag.deprecated === undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  if (flags.length > 0) parts.push(`Options:\n${flags.map(([name, flag]) => flagText(name, flag)).join('\n').trimEnd()}`);
  const way = path.slice(0, command.usage.startsWith(path.at(-1)!) ? -1 : path.length).join(' ');
  parts.push(`Usage:\n  ${way} ${command.usage} [options]`);
  const more = command.commands === undefined ? '' : `Use "${path.join(' ')} <command> --help" for more information about a given command.\n`;
  parts.push(`${more}Use "kubectl options" for a list of global command-line options (applies to all commands).`);
  return `${parts.join('\n\n')}\n`;
}

/** The flags that every command has. */
export function optionsText(flags: Readonly<Record<string, Flag<unknown>>>): string {
  const shown = Object.entries(flags).filter(([, flag]) => flag.hidden !== true);
  return `The following options can be passed to any command:\n\n${shown.map(([name, flag]) => flagText(name, flag)).join('\n')}`;
}
