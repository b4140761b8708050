import type { Command, CommandEntry, CommandGroup } from './command.ts';

type Module = Promise<{ readonly default: Command }>;

const entry = (name: string, summary: string, load: () => Module, more: Pick<CommandEntry, 'aliases' | 'hidden' | 'suggestFor'> = {}): CommandEntry => ({ name, summary, load: async () => (await load()).default, ...more });

/** Every command of the line, in the order and under the headings in which help lists them. */
export const commandGroups: readonly CommandGroup[] = [
  {
    heading: 'Basic Commands (Intermediate)',
    commands: [
      entry('get', 'Display one or many resources', () => import('./commands/get/get.ts'), { suggestFor: ['list', 'ls'] }),
    ],
  },
  {
    heading: 'Other Commands',
    commands: [
      entry('options', 'Print the list of flags inherited by all commands', () => import('./commands/options.ts'), { hidden: true }),
      entry('version', 'Print the client and server version information', () => import('./commands/version.ts')),
    ],
  },
];
