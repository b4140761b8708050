import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { packagedKubectl } from '../e2e/kubectls.ts';
import { words } from './compare.ts';
import { generalText, outcomeDigest } from './outcome-text.ts';
import { Recording } from './recording.ts';
import { runOurs } from './run-ours.ts';
import { runTheirs } from './run-theirs.ts';

/** Tutorials that teach Kubernetes, where somebody has put some beside the project. */
const folder = join(import.meta.dirname, '../../../shared/seeds');

/** Sentences in which kubectl is not called but spoken of, and plugins. */
const prose = /^(?:to|on|command|krew|neat)\b/;

/** Every `kubectl …` of a text, without what the shell or the sentence goes on with. */
function commandLines(text: string): string[] {
  return Array.from(text.matchAll(/(?:^|[`$ ])kubectl ([a-z][^`\n]*)/gm), ([, line]) => line!.split(/ [|>#]| -> | and | or |  +/)[0]!.trim().replaceAll('"', '').replaceAll('\'', ''));
}

/** The line with `--help`: its words are read, and nothing is done. */
function readOnly(line: string): string[] {
  const all = words(line);
  const dash = all.indexOf('--');
  return dash < 0 ? [...all, '--help'] : [...all.slice(0, dash), '--help', ...all.slice(dash)];
}

describe('command lines of tutorials are read as upstream\'s kubectl reads them', () => {
  if (!existsSync(folder)) {
    test('tutorials', { skip: `there are none in ${folder}` }, () => {});
    return;
  }
  const lines = new Set(readdirSync(folder).flatMap((file) => commandLines(readFileSync(join(folder, file), 'utf8')).filter((line) => !prose.test(line))));
  const recording = new Recording('tutorials');
  after(() => recording.save());
  test('there are some', () => assert.ok(lines.size > 50, `${lines.size}`));
  for (const line of lines) {
    test(`kubectl ${line}`, async () => {
      const call = { environment: { HOME: tmpdir(), PATH: '' }, folder: tmpdir() };
      // Help is in words of our own.
      const ours = { ...await runOurs(readOnly(line), call), stdout: '' };
      if (recording.confirms(line, outcomeDigest(ours))) return;
      const upstream = await packagedKubectl('1.36');
      assert.ok(!('missing' in upstream), `not recorded as ${generalText(ours)}`);
      const theirs = { ...await runTheirs(upstream.path, readOnly(line), call), stdout: '' };
      assert.deepEqual(ours, theirs);
      recording.keep(line, outcomeDigest(theirs));
    });
  }
});
