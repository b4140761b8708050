import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningCluster } from '../clients/simulated-cluster.ts';
import { startSimulatedCluster } from '../clients/simulated-cluster.ts';
import { packagedKubectl } from '../e2e/kubectls.ts';
import type { Outcome } from './run-ours.ts';
import { runOurs } from './run-ours.ts';

/** Ages differ by the second that passes between two commands. */
const ages = /\b\d+(?:y\d+d|y|d\d+h|d|h\d+m|h|m\d+s|m|s)\b/g;
const masked = (text: string): string => text.replaceAll(ages, 'AGE').replaceAll(/ +/g, ' ');

/** Splits a line as a shell does: single and double quotes, nothing else. */
export function words(line: string): string[] {
  return Array.from(line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g), ([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single: string | undefined, double: string | undefined) => single ?? double ?? ''));
}

/** A cluster on which the same lines run with upstream's kubectl 1.36 and with ours. */
export class Comparison implements AsyncDisposable {
  readonly #cluster: RunningCluster;
  readonly #kubectl: string;
  /** Where both run, and where the files of the lines are. */
  readonly folder = mkdtempSync(join(tmpdir(), 'coxswain-kubectl-'));

  private constructor(cluster: RunningCluster, kubectl: string) {
    this.#cluster = cluster;
    this.#kubectl = kubectl;
  }

  /** Undefined and a reason where upstream's kubectl cannot be had. */
  static async start(): Promise<Comparison | { readonly missing: string }> {
    const kubectl = await packagedKubectl('1.36');
    return 'missing' in kubectl ? kubectl : new Comparison(await startSimulatedCluster(), kubectl.path);
  }

  ours(line: string, stdin?: string): Promise<Outcome> {
    return runOurs(words(line), { environment: this.#environment, folder: this.folder, ...(stdin !== undefined && { stdin }) });
  }

  theirs(line: string, stdin?: string): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#kubectl, words(line), { cwd: this.folder, env: this.#environment });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
      child.stdin.end(stdin ?? '');
    });
  }

  get #environment(): Record<string, string> {
    return { KUBECONFIG: this.#cluster.kubeconfig, HOME: this.folder, PATH: process.env['PATH'] ?? '' };
  }

  /** Output, errors and exit code are the same, but for ages. */
  async same(line: string, stdin?: string): Promise<void> {
    const [ours, theirs] = [await this.ours(line, stdin), await this.theirs(line, stdin)];
    const shown = ({ code, stdout, stderr }: Outcome): string => masked(`${stdout}--- stderr\n${stderr}--- exit code ${code}\n`);
    assert.equal(shown(ours), shown(theirs), `kubectl ${line}`);
  }

  /** The same lines in a namespace of each program's own: what each says, and what it leaves for the next. */
  async sameIn(lines: readonly string[]): Promise<void> {
    for (const namespace of ['ours', 'their']) {
      await this.theirs(`create namespace ${namespace}`);
      for (let tries = 0; tries < 100 && (await this.theirs(`get sa default -n ${namespace}`)).code !== 0; tries++);
    }
    for (const line of lines) {
      const ours = await this.ours(`${line} -n ours`);
      const theirs = await this.theirs(`${line} -n their`);
      const shown = ({ code, stdout, stderr }: Outcome): string => masked(`${stdout}--- stderr\n${stderr}--- exit code ${code}\n`).replaceAll(/\b(?:ours|their)\b/g, 'NAMESPACE').replaceAll(/-[0-9a-f]{8,10}-[a-z0-9]{5}\b/g, '-HASH');
      assert.equal(shown(ours), shown(theirs), `kubectl ${line}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
