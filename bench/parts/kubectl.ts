import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packagedKubectl } from '../../test/e2e/kubectls.ts';
import type { Bench } from '../bench.ts';
import { median } from '../bench.ts';
import { fill } from '../load/fill.ts';
import { ensureServiceAccount, podBody, podsPath } from '../load/objects.ts';
import type { Program } from '../program.ts';
import { startProgram, token } from '../program.ts';
import type { Figure } from '../table.ts';

interface Run { readonly ms: number; readonly firstMs: number; readonly residentMb: number }

/** One whole process: until it ended, until it wrote, and the most memory that it was seen with. */
function run(bench: Bench, [program, ...args]: readonly [string, ...string[]], env: Record<string, string>): Promise<Run> {
  return new Promise((resolve, reject) => {
    const startedMs = bench.clock.monotonicMs();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    bench.children.add(child);
    let [firstMs, residentMb] = [NaN, 0];
    child.stdout.on('data', () => {
      if (Number.isNaN(firstMs)) firstMs = bench.clock.monotonicMs() - startedMs;
      residentMb = Math.max(residentMb, residentOf(child.pid));
    });
    child.once('error', reject).once('close', (code) => {
      bench.children.delete(child);
      if (code === 0) resolve({ ms: bench.clock.monotonicMs() - startedMs, firstMs, residentMb });
      else reject(new Error(`${program} ${args.join(' ')}: ended with ${code ?? 'a signal'}`));
    });
  });
}

function residentOf(pid: number | undefined): number {
  try {
    return (Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024) / 1e6;
  } catch {
    // It has ended.
    return 0;
  }
}

async function settings(bench: Bench, { url }: Program): Promise<Record<string, string>> {
  const home = join(bench.folder, 'kubectl-home');
  const file = join(home, 'config');
  await mkdir(home, { recursive: true });
  await writeFile(file, `apiVersion: v1\nkind: Config\ncurrent-context: bench\ncontexts:\n- name: bench\n  context:\n    cluster: bench\n    user: bench\nclusters:\n- name: bench\n  cluster:\n    server: ${url}\n    insecure-skip-tls-verify: true\nusers:\n- name: bench\n  user:\n    token: ${token}\n`);
  return { HOME: home, KUBECONFIG: file, NODE_COMPILE_CACHE: join(bench.bundle, '.cache') };
}

/** Whole processes of kubectl, ours as it is published, and upstream's where it can be had. */
export async function kubectl(bench: Bench): Promise<Figure[]> {
  await using server = await startProgram(bench, { command: 'apiserver' });
  await ensureServiceAccount(server);
  await fill(server, podsPath, podBody, 100);
  const env = await settings(bench, server);
  const ours = [process.execPath, join(bench.bundle, 'kubectl.cjs')] as const;
  const upstream = await packagedKubectl('1.36');
  const times = bench.quick ? 5 : 15;
  const taken = async (program: readonly [string, ...string[]]): Promise<Run> => {
    // The first call fills the caches on the disk.
    const runs = [];
    for (let i = 0; i <= times; i++) runs.push(await run(bench, program, env));
    return { ms: median(runs.slice(1).map(({ ms }) => ms)), firstMs: median(runs.slice(1).map(({ firstMs }) => firstMs)), residentMb: Math.max(...runs.map(({ residentMb }) => residentMb)) };
  };
  const beside = async (...args: readonly string[]): Promise<{ readonly here: Run; readonly note: string }> => {
    const here = await taken([...ours, ...args]);
    if ('missing' in upstream) return { here, note: upstream.missing };
    const there = await taken([upstream.path, ...args]);
    return { here, note: `upstream's here and now: ${Math.round(there.ms)} ms, first rows ${Math.round(there.firstMs)} ms` };
  };
  const version = await beside('version', '--client');
  const pods = await beside('get', 'pods');
  const many = bench.quick ? 5000 : 50_000;
  await fill(server, podsPath, podBody, many - 100);
  const large = await run(bench, [...ours, 'get', 'pods', '-A'], env);
  const there = 'missing' in upstream ? undefined : await run(bench, [upstream.path, 'get', 'pods', '-A'], env);
  const note = `of ${many.toLocaleString('en')} pods${there === undefined ? '' : `; upstream's here and now: first rows ${Math.round(there.firstMs)} ms, all ${Math.round(there.ms)} ms, ${Math.round(there.residentMb)} MB`}`;
  return [
    { name: 'kubectl version --client, whole process', value: version.here.ms, note: version.note },
    { name: 'kubectl get pods, 100 of them, whole process', value: pods.here.ms, note: pods.note },
    { name: 'kubectl get pods -A, first rows', value: large.firstMs, note },
    { name: 'kubectl get pods -A, all', value: large.ms, note },
    { name: 'memory of kubectl get pods -A', value: large.residentMb, note },
  ];
}
