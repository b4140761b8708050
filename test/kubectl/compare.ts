import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Program } from '../e2e/debian-program.ts';
import type { RunningCluster } from '../clients/simulated-cluster.ts';
import { startSimulatedCluster } from '../clients/simulated-cluster.ts';
import { packagedKubectl } from '../e2e/kubectls.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import { generalText, inAnyOrder, outcomeDigest, outcomeText } from './outcome-text.ts';
import { Recording } from './recording.ts';
import type { Outcome } from './run-ours.ts';
import { runOurs } from './run-ours.ts';
import { runTheirs } from './run-theirs.ts';

const clock = new RealClock();

/** Splits a line as a shell does: single and double quotes, nothing else. */
export function words(line: string): string[] {
  return Array.from(line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g), ([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single: string | undefined, double: string | undefined) => single ?? double ?? ''));
}

/** Runs a line with one of the two programs. */
export type RunLine = (line: string, stdin?: string) => Promise<Outcome>;

/** The line in a namespace; what stands behind `--` is another program's. */
function inNamespace(line: string, namespace: string): string {
  const dash = line.indexOf(' -- ');
  return dash < 0 ? `${line} -n ${namespace}` : `${line.slice(0, dash)} -n ${namespace}${line.slice(dash)}`;
}

/** A cluster on which the same lines run with upstream's kubectl 1.36 and with ours. */
export class Comparison implements AsyncDisposable {
  readonly #cluster: RunningCluster;
  readonly #recording: Recording;
  /** Where both run, and where the files of the lines are. */
  readonly folder = mkdtempSync(join(tmpdir(), 'coxswain-kubectl-'));

  /** Where programs are looked for. */
  path = process.env['PATH'] ?? '';

  /** What the environment of both has beside. */
  variables: Readonly<Record<string, string>> = {};

  #kubectl: Promise<Program> | undefined;

  private constructor(cluster: RunningCluster, recording: Recording) {
    this.#cluster = cluster;
    this.#recording = recording;
  }

  /** `name`: of the recording of what upstream said. */
  static async start(name: string): Promise<Comparison> {
    return new Comparison(await startSimulatedCluster(), new Recording(name));
  }

  ours(line: string, stdin?: string): Promise<Outcome> {
    return runOurs(words(line), { environment: this.#environment, folder: this.folder, ...(stdin !== undefined && { stdin }) });
  }

  /** Rejects where upstream's program is not to be had: that is no proof, and so no success. */
  async theirs(line: string, stdin?: string): Promise<Outcome> {
    const kubectl = await (this.#kubectl ??= packagedKubectl('1.36'));
    if ('missing' in kubectl) throw new Error(`what ours says is not what is recorded of upstream's program, and that is not here: ${kubectl.missing}`);
    return runTheirs(kubectl.path, words(line), { environment: this.#environment, folder: this.folder, ...(stdin !== undefined && { stdin }) });
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
    return { KUBECONFIG: this.#cluster.kubeconfig, HOME: this.folder, PATH: this.path, EDITOR: join(this.folder, 'editor'), ...this.variables };
  }

  /** Output, errors and exit code are the same, but for ages. */
  async same(line: string, { stdin, key = stdin === undefined ? line : `${line} < ${stdin}`, anyOrder = false }: { readonly stdin?: string | undefined; readonly key?: string | undefined; readonly anyOrder?: boolean } = {}): Promise<void> {
    await this.sameOutcome(key, async (run) => {
      const outcome = await run(line, stdin);
      return anyOrder ? { ...outcome, stdout: inAnyOrder(outcome.stdout) } : outcome;
    });
  }

  /** What `act` comes to is the same with both programs. `key`: what it is recorded under. */
  async sameOutcome(key: string, act: (run: RunLine) => Promise<Outcome>): Promise<void> {
    const ours = await act((line, stdin) => this.ours(line, stdin));
    if (this.#recording.confirms(key, outcomeDigest(ours))) return;
    const theirs = await act((line, stdin) => this.theirs(line, stdin)).catch(unproven(key, ours));
    assert.equal(outcomeText(ours), outcomeText(theirs), `kubectl ${key}`);
    this.#recording.keep(key, outcomeDigest(theirs));
  }

  /** The same lines in a namespace of each program's own: what each says, and what it leaves for the next. */
  async sameIn(lines: readonly string[], title = ''): Promise<void> {
    const named = (outcome: Outcome, namespace: string): Outcome => ({ ...outcome, stdout: outcome.stdout.replaceAll(new RegExp(`\\b${namespace}\\b`, 'g'), 'NAMESPACE'), stderr: outcome.stderr.replaceAll(new RegExp(`\\b${namespace}\\b`, 'g'), 'NAMESPACE') });
    const keyOf = (line: string, at: number): string => `${title} ${at}: ${line}`;
    await this.#namespace('ours');
    const ours: Outcome[] = [];
    for (const line of lines) ours.push(named(await this.ours(inNamespace(line, 'ours')), 'ours'));
    if (lines.every((line, i) => this.#recording.confirms(keyOf(line, i), outcomeDigest(ours[i]!)))) return;
    await this.#namespace('their');
    for (const [i, line] of lines.entries()) {
      const theirs = named(await this.theirs(inNamespace(line, 'their')).catch(unproven(keyOf(line, i), ours[i]!)), 'their');
      assert.equal(generalText(ours[i]!), generalText(theirs), `kubectl ${line}`);
      this.#recording.keep(keyOf(line, i), outcomeDigest(theirs));
    }
  }

  async #namespace(name: string): Promise<void> {
    await this.ours(`delete namespace ${name} --ignore-not-found`);
    await this.prepare(`create namespace ${name}`);
    for (let tries = 0; tries < 1000 && (await this.ours(`get sa default -n ${name}`)).code !== 0; tries++) await clock.sleep(5);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#recording.save();
    await this.#cluster[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Says what ours came to, where nothing says whether that is right. */
const unproven = (key: string, ours: Outcome) => (cause: unknown): never => {
  throw new Error(`kubectl ${key}: unproven\n${generalText(ours)}`, { cause });
};

export interface Compared {
  /** Names the recording; the test file's own name. */
  readonly name: string;
  /** Lines that leave the cluster as it was, or whose second run says the same. `title`: what they are called and recorded by; `anyOrder`: upstream leaves that of its lines to chance. */
  readonly lines: readonly (string | { readonly line: string; readonly stdin?: string; readonly title?: string; readonly anyOrder?: true })[];
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
    let comparison: Comparison | undefined;
    const started = (): Comparison => {
      assert.ok(comparison !== undefined);
      return comparison;
    };

    before(async () => {
      comparison = await Comparison.start(name);
      await setUp?.(comparison);
    });
    after(() => comparison?.[Symbol.asyncDispose]());

    for (const one of lines) {
      const { line, title: key, ...more } = typeof one === 'string' ? { line: one, title: undefined } : one;
      test(key ?? line, () => started().same(line, { key, ...more }));
    }
    for (const [what, sequence] of Object.entries(sequences)) test(what, () => started().sameIn(sequence, what));
    for (const [what, { script, lines: sequence }] of Object.entries(editors)) {
      test(what, async () => {
        writeFileSync(join(started().folder, 'editor'), `#!/bin/sh\n${script}\n`);
        chmodSync(join(started().folder, 'editor'), 0o755);
        await started().sameIn(sequence, what);
      });
    }
    more?.(started);
  });
}
