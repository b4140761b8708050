import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Command, CommandEntry } from '../../src/kubectl/command.ts';
import { globalFlags } from '../../src/kubectl/global-flags.ts';
import { overview } from '../../src/kubectl/help.ts';
import { commandGroups } from '../../src/kubectl/registry.ts';
import { packagedKubectl } from '../e2e/kubectls.ts';
import { mode } from './recording.ts';
import { runTheirs } from './run-theirs.ts';

/** Upstream's commands, and the flags of each as `--name` or `-n, --name`; "" has those of all commands. Names alone. */
type CommandLine = Record<string, string[]>;
const file = join(import.meta.dirname, 'recorded', 'command-line.json');

/** What upstream has and this does not take, and why. */
const left: Readonly<Record<string, string>> = {
  '--profile': 'of the program, not of a cluster: node --cpu-prof',
  '--profile-output': 'of the program, not of a cluster: node --cpu-prof',
  '--log-flush-frequency': 'nothing is buffered',
  '--vmodule': 'of files of upstream\'s program',
  'create --windows-line-endings': 'files are edited with the line endings that they have',
  'kustomize --as-current-user': 'of generators and transformers that are containers, which upstream has as alpha', 'kustomize --enable-alpha-plugins': 'the same', 'kustomize --env': 'the same', 'kustomize --mount': 'the same', 'kustomize --network': 'the same', 'kustomize --network-name': 'the same',
  'kustomize --enable-helm': 'charts are helm\'s to inflate', 'kustomize --helm-api-versions': 'the same', 'kustomize --helm-command': 'the same', 'kustomize --helm-debug': 'the same', 'kustomize --helm-kube-version': 'the same',
  'kustomize --load-restrictor': 'files outside of a kustomization are never read',
};

/** Under this is what help lists: headings, and the commands below each. */
const listed = 'kubectl --help';
const listedIn = (help: string): string[] => Array.from(help.matchAll(/^(?:([A-Z][\w ()]*Commands[\w ()]*):| {2}([a-z-]+) {2,}\S.*)$/gm), ([, heading, name]) => heading ?? `  ${name!}`);

async function recordCommandLine(): Promise<void> {
  const kubectl = await packagedKubectl('1.36');
  assert.ok('path' in kubectl);
  const help = async (...line: string[]): Promise<string> => (await runTheirs(kubectl.path, line, { environment: { HOME: tmpdir() }, folder: tmpdir() })).stdout;
  const flagsOf = (text: string): string[] => Array.from(text.matchAll(/^ {4}(?:(-\w), )?(--[\w-]+)=/gm), ([, short, long]) => (short === undefined ? long! : `${short}, ${long!}`)).sort();
  const found: CommandLine = { '': flagsOf(await help('options')) };
  found[listed] = listedIn(await help());
  const visit = async (path: readonly string[]): Promise<void> => {
    const text = await help(...path, '-h');
    if (path.length > 0) found[path.join(' ')] = flagsOf(text);
    const lists = Array.from(text.matchAll(/^(?:[A-Z][\w ()]*Commands[^\n]*|Available Commands|Subcommands[^\n]*):\n((?: {2}\S+ {2,}\S[^\n]*\n?)+)/gm), ([, lines]) => lines!);
    for (const [, name] of lists.join('\n').matchAll(/^ {2}(\S+) {2,}/gm)) await visit([...path, name!]);
  };
  await visit([]);
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1))), null, 1)}\n`);
}

if (mode === 'record') await recordCommandLine();

const recorded = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as CommandLine : {};
const { [listed]: listedThere = [], ...upstream } = recorded;

async function commandAt(path: readonly string[]): Promise<Command | undefined> {
  let entries: readonly CommandEntry[] = commandGroups.flatMap(({ commands }) => commands);
  let command: Command | undefined;
  for (const name of path) {
    command = await entries.find((entry) => entry.name === name || entry.aliases?.includes(name) === true)?.load();
    if (command === undefined) return undefined;
    entries = command.commands ?? [];
  }
  return command;
}

const written = (flags: Command['flags']): Set<string> => new Set(Object.entries(flags ?? {}).map(([name, { short }]) => (short === undefined ? `--${name}` : `-${short}, --${name}`)));

describe('every command and flag of upstream\'s kubectl is one here, or left out for a reason', () => {
  test('there are some', () => assert.ok(Object.keys(upstream).length > 100, `${Object.keys(upstream).length}`));

  for (const [line, flags] of Object.entries(upstream)) {
    test(line === '' ? 'flags of all commands' : line, async () => {
      const command = line === '' ? undefined : await commandAt(line.split(' '));
      if (command === undefined && Object.keys(left).some((name) => line === name || line.startsWith(`${name} `))) return;
      assert.ok(line === '' || command !== undefined, `there is no command ${line}`);
      const ours = new Set([...written(globalFlags), ...written(command?.flags)]);
      assert.deepEqual(flags.filter((flag) => !ours.has(flag) && left[flag.split(' ').at(-1)!] === undefined && left[`${line} ${flag.split(' ').at(-1)!}`] === undefined), []);
    });
  }

  test('help lists the commands under the headings and in the order of upstream\'s, and what is ours alone', () => {
    assert.deepEqual(listedIn(overview(commandGroups)).filter((line) => line !== '  why'), listedThere);
  });

  test('every command that does something shows how, and says what each of its flags is', async () => {
    const wanting: string[] = [];
    const visit = async (entries: readonly CommandEntry[], path: string): Promise<void> => {
      for (const { name, load } of entries) {
        const { run, description, examples = '', flags = {}, commands = [] } = await load();
        if (description.trim() === '' || (run !== undefined && !examples.includes('kubectl '))) wanting.push(`${path}${name}`);
        for (const [flag, { help, hidden }] of Object.entries(flags)) if (hidden !== true && help === '') wanting.push(`${path}${name} --${flag}`);
        await visit(commands, `${path}${name} `);
      }
    };
    await visit(commandGroups.flatMap(({ commands }) => commands), '');
    assert.deepEqual(wanting, []);
  });

  test('what is left out is something that upstream has', () => {
    const all = new Set(Object.entries(upstream).flatMap(([line, flags]) => [line, ...flags.flatMap((flag) => [flag.split(' ').at(-1)!, `${line} ${flag.split(' ').at(-1)!}`])]));
    assert.deepEqual(Object.keys(left).filter((name) => !all.has(name)), []);
  });
});
