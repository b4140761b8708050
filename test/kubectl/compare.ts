import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Program } from '../e2e/debian-program.ts';
import type { RunningCluster } from '../clients/simulated-cluster.ts';
import { startSimulatedCluster } from '../clients/simulated-cluster.ts';
import { packagedKubectl } from '../e2e/kubectls.ts';
import { generalText, outcomeDigest, outcomeText } from './outcome-text.ts';
import { Recording } from './recording.ts';
import type { Outcome } from './run-ours.ts';
import { runOurs } from './run-ours.ts';

/** Splits a line as a shell does: single and double quotes, nothing else. */
export function words(line: string): string[] {
  return Array.from(line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g), ([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single: string | undefined, double: string | undefined) => single ?? double ?? ''));
}

/** Upstream's kubectl cannot be had, and what it said is not recorded as this. */
class Unproven extends Error {}

/** A cluster on which the same lines run with upstream's kubectl 1.36 and with ours. */
export class Comparison implements AsyncDisposable {
  readonly #cluster: RunningCluster;
  readonly #kubectl: Program;
  readonly #recording: Recording;
  /** Where both run, and where the files of the lines are. */
  readonly folder = mkdtempSync(join(tmpdir(), 'coxswain-kubectl-'));

  /** Where programs are looked for. */
  path = process.env['PATH'] ?? '';

  private constructor(parts: { readonly cluster: RunningCluster; readonly kubectl: Program; readonly recording: Recording }) {
    this.#cluster = parts.cluster;
    this.#kubectl = parts.kubectl;
    this.#recording = parts.recording;
  }

  /** `name`: of the recording of what upstream said. Without one, its program is needed: else a reason why there is no comparison. */
  static async start(name?: string): Promise<Comparison | { readonly missing: string }> {
    const kubectl = await packagedKubectl('1.36');
    if ('missing' in kubectl && name === undefined) return kubectl;
    return new Comparison({ cluster: await startSimulatedCluster(), kubectl, recording: new Recording(name ?? '-') });
  }

  ours(line: string, stdin?: string): Promise<Outcome> {
    return runOurs(words(line), { environment: this.#environment, folder: this.folder, ...(stdin !== undefined && { stdin }) });
  }

  theirs(line: string, stdin?: string): Promise<Outcome> {
    if ('missing' in this.#kubectl) return Promise.reject(new Unproven(this.#kubectl.missing));
    const { path } = this.#kubectl;
    return new Promise((resolve, reject) => {
      const child = spawn(path, words(line), { cwd: this.folder, env: this.#environment });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
      // A command that reads none of its input is gone before it is written.
      child.stdin.on('error', () => {});
      child.stdin.end(stdin ?? '');
    });
  }

  /** Brings the cluster to where lines begin. */
  async prepare(line: string, stdin?: string): Promise<void> {
    const { code, stderr } = await this.ours(line, stdin);
    assert.equal(code, 0, `kubectl ${line}: ${stderr}`);
  }

  /** Puts files where the lines look for them. */
  files(contents: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [name, content] of Object.entries(contents)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), content);
    }
  }

  get #environment(): Record<string, string> {
    return { KUBECONFIG: this.#cluster.kubeconfig, HOME: this.folder, PATH: this.path, EDITOR: join(this.folder, 'editor') };
  }

  /** Output, errors and exit code are the same, but for ages. */
  async same(line: string, stdin?: string): Promise<void> {
    const key = stdin === undefined ? line : `${line} < ${stdin}`;
    const ours = await this.ours(line, stdin);
    if (this.#recording.confirms(key, outcomeDigest(ours))) return;
    const theirs = await this.theirs(line, stdin);
    assert.equal(outcomeText(ours), outcomeText(theirs), `kubectl ${line}`);
    this.#recording.keep(key, outcomeDigest(theirs));
  }

  /** The same lines in a namespace of each program's own: what each says, and what it leaves for the next. */
  async sameIn(lines: readonly string[], title = ''): Promise<void> {
    const named = (outcome: Outcome, namespace: string): Outcome => ({ ...outcome, stdout: outcome.stdout.replaceAll(new RegExp(`\\b${namespace}\\b`, 'g'), 'NAMESPACE'), stderr: outcome.stderr.replaceAll(new RegExp(`\\b${namespace}\\b`, 'g'), 'NAMESPACE') });
    const keyOf = (line: string, at: number): string => `${title} ${at}: ${line}`;
    await this.#namespace('ours');
    const ours: Outcome[] = [];
    for (const line of lines) ours.push(named(await this.ours(`${line} -n ours`), 'ours'));
    if (lines.every((line, i) => this.#recording.confirms(keyOf(line, i), outcomeDigest(ours[i]!)))) return;
    await this.#namespace('their');
    for (const [i, line] of lines.entries()) {
      const theirs = named(await this.theirs(`${line} -n their`), 'their');
      assert.equal(generalText(ours[i]!), generalText(theirs), `kubectl ${line}`);
      this.#recording.keep(keyOf(line, i), outcomeDigest(theirs));
    }
  }

  async #namespace(name: string): Promise<void> {
    await this.ours(`delete namespace ${name} --ignore-not-found`);
    await this.prepare(`create namespace ${name}`);
    for (let tries = 0; tries < 1000 && (await this.ours(`get sa default -n ${name}`)).code !== 0; tries++) await new Promise((resolve) => { setImmediate(resolve); });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#recording.save();
    await this.#cluster[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Compared {
  /** Names the recording; the test file's own name. */
  readonly name: string;
  /** Lines that leave the cluster as it was, or whose second run says the same. */
  readonly lines: readonly (string | { readonly line: string; readonly stdin: string })[];
  /** Lines that follow one another in a namespace of their own. */
  readonly sequences?: Readonly<Record<string, readonly string[]>>;
  /** The same, with an editor of that script. */
  readonly editors?: Readonly<Record<string, { readonly script: string; readonly lines: readonly string[] }>>;
  readonly setUp?: (comparison: Comparison) => Promise<void>;
  /** Tests of other forms. */
  readonly more?: (comparisonOf: () => Comparison) => void;
}

/** Tests that each line comes to the same with both programs. */
export function describeSame(title: string, { name, lines, sequences = {}, editors = {}, setUp, more }: Compared): void {
  describe(title, () => {
    let comparison: Comparison | { readonly missing: string } | undefined;
    const started = (): Comparison => {
      assert.ok(comparison instanceof Comparison);
      return comparison;
    };

    before(async () => {
      comparison = await Comparison.start(name);
      await setUp?.(started());
    });
    after(async () => { if (comparison instanceof Comparison) await comparison[Symbol.asyncDispose](); });

    for (const one of lines) {
      const { line, stdin } = typeof one === 'string' ? { line: one, stdin: undefined } : one;
      test(line, async (t) => {
        await started().same(line, stdin).catch((error: unknown) => { if (error instanceof Unproven) t.skip(error.message); else throw error; });
      });
    }
    for (const [what, sequence] of Object.entries(sequences)) {
      test(what, async (t) => {
        await started().sameIn(sequence, what).catch((error: unknown) => { if (error instanceof Unproven) t.skip(error.message); else throw error; });
      });
    }
    for (const [what, { script, lines: sequence }] of Object.entries(editors)) {
      test(what, async (t) => {
        writeFileSync(join(started().folder, 'editor'), `#!/bin/sh\n${script}\n`);
        chmodSync(join(started().folder, 'editor'), 0o755);
        await started().sameIn(sequence, what).catch((error: unknown) => { if (error instanceof Unproven) t.skip(error.message); else throw error; });
      });
    }
    more?.(started);
  });
}
