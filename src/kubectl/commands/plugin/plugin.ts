import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Call, Command, CommandGroup } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { bool } from '../../flags/flags.ts';
import { isExecutable, pathFolders } from '../../plugins/find-plugin.ts';

const flags = { 'name-only': bool('If true, display only the binary name of each plugin, rather than its full path') } as const;

async function pluginsIn(folder: string, { io }: Call['session']): Promise<string[]> {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => !entry.isDirectory() && entry.name.startsWith('kubectl-')).map(({ name }) => join(folder, name)).sort();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `open ${folder}: no such file or directory` : code === 'ENOTDIR' ? `fdopendir ${folder}: not a directory` : code === 'EACCES' ? `open ${folder}: permission denied` : message;
    await io.stderr.write(`Unable to read directory ${JSON.stringify(folder)} from your PATH: ${why}. Skipping...\n`);
    return [];
  }
}

async function list(groups: readonly CommandGroup[], { session, flags: values }: Call<typeof flags>): Promise<void> {
  const { io } = session;
  const plugins: string[] = [];
  for (const folder of pathFolders(io)) plugins.push(...await pluginsIn(folder, session));
  if (plugins.length === 0) throw new KubectlError('error: unable to find any kubectl plugins in your PATH\n');
  await io.stdout.write('The following compatible plugins are available:\n\n');
  const names = new Set(groups.flatMap(({ commands }) => commands).flatMap(({ name, aliases = [] }) => [name, ...aliases]));
  const seen = new Map<string, string>();
  let warnings = 0;
  for (const path of plugins) {
    const name = basename(path);
    await io.stdout.write(`${values['name-only'] ? name : path}\n`);
    const said: string[] = [];
    if (!isExecutable(path)) said.push(`warning: ${path} identified as a kubectl plugin, but it is not executable`);
    const before = seen.get(name);
    if (before === undefined) seen.set(name, path);
    else said.push(`warning: ${path} is overshadowed by a similarly named plugin: ${before}`);
    const [, first = ''] = name.split('-');
    if (names.has(first)) said.push(`warning: ${name} overwrites existing command: ${JSON.stringify(`kubectl ${first}`)}`);
    for (const one of said) await io.stderr.write(`  - ${one}\n`);
    warnings += said.length;
  }
  if (warnings > 0) throw new KubectlError(`error: ${warnings === 1 ? 'one plugin warning was found' : `${warnings} plugin warnings were found`}\n`);
}

/** `kubectl plugin`; `groups` are the commands that stand before plugins of their names. */
export const pluginCommand = (groups: readonly CommandGroup[]): Command => command({
  usage: 'plugin [flags]',
  description: `Utilities for plugins: programs named kubectl-NAME on the path, which are called as kubectl NAME. A command of kubectl's own comes before a plugin of its name.`,
  examples: `
    # The plugins that are there
    kubectl plugin list`,
  commands: [{
    name: 'list',
    summary: 'List all visible plugin executables on a user\'s PATH',
    load: () => Promise.resolve(command({
      usage: 'list',
      description: 'List all files on the path whose names begin with kubectl-, and say which of them cannot be called.',
      examples: `
    # The plugins that are there, by their names alone
    kubectl plugin list --name-only`,
      flags,
      run: (call) => list(groups, call),
    })),
  }],
});
