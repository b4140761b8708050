import { spawn } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Plugin } from './find-plugin.ts';

const descriptorOf = (stream: unknown): number | 'pipe' => {
  const { fd } = stream as { readonly fd?: unknown };
  return typeof fd === 'number' ? fd : 'pipe';
};

/** Runs a plugin with the streams of this call, as if it had been called itself. Resolves with its exit code. */
export async function runPlugin({ path, args }: Plugin, io: Io): Promise<number> {
  const child = spawn(path, args, { cwd: io.folder, env: { ...io.environment }, stdio: [descriptorOf(io.stdin), descriptorOf(io.stdout.stream), descriptorOf(io.stderr.stream)] });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (error) => reject(new KubectlError(`${path}: ${error.message}`, { cause: error })));
    child.once('close', (code) => resolve(code ?? 1));
  });
  if (child.stdin !== null) pipeline(io.stdin, child.stdin).catch(() => {});
  const copies = [[child.stdout, io.stdout.stream] as const, [child.stderr, io.stderr.stream] as const].flatMap(([from, to]) => (from === null ? [] : [pipeline(from, to, { end: false })]));
  const code = await ended;
  await Promise.allSettled(copies);
  return code;
}
