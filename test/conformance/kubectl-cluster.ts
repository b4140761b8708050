/** A cluster of simulated nodes with the kubectl that is installed, for scenarios that drive it. */
import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startSimulatedCluster } from '../clients/simulated-cluster.ts';

const program = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'kubectl')).find((file) => existsSync(file));

/** Why tests that need kubectl are skipped; false where it is installed. */
export const withoutKubectl: string | false = program === undefined ? 'kubectl is not installed' : false;

export interface KubectlCluster extends AsyncDisposable {
  /** kubectl's home folder; it goes with the cluster. */
  readonly home: string;
  start(args: readonly string[]): ChildProcessWithoutNullStreams;
  /** Runs kubectl to its end. Throws what it said unless it ends with the code that is expected. */
  run(args: readonly string[], options?: { readonly stdin?: string; readonly code?: number }): Promise<{ readonly out: string; readonly err: string }>;
}

/** Throws where there is no kubectl. */
export async function startKubectlCluster(): Promise<KubectlCluster> {
  assert.ok(program !== undefined);
  const running = await startSimulatedCluster();
  const home = await mkdtemp(join(tmpdir(), 'coxswain-kubectl-'));
  const start = (args: readonly string[]): ChildProcessWithoutNullStreams => spawn(program, ['--kubeconfig', running.kubeconfig, ...args], { env: { PATH: process.env['PATH'] ?? '', HOME: home }, stdio: ['pipe', 'pipe', 'pipe'] });
  return {
    home,
    start,
    async run(args, { stdin = '', code: expected = 0 } = {}) {
      const child = start(args);
      let out = '';
      let err = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => { out += chunk; });
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => { err += chunk; });
      child.stdin.end(stdin);
      const code = await new Promise<number | null>((resolve) => { child.on('close', resolve); });
      assert.equal(code, expected, `kubectl ${args.join(' ')}: ${err}${out}`);
      return { out, err };
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}
