import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testImages } from '../../test/node/pods/images-folder.ts';
import type { Bench } from '../bench.ts';
import { median } from '../bench.ts';
import { callJson } from '../load/call.ts';
import type { SeenPod } from '../load/follow-pods.ts';
import { watchPods } from '../load/follow-pods.ts';
import { ensureServiceAccount } from '../load/objects.ts';
import type { Program } from '../program.ts';
import { startProgram, token } from '../program.ts';
import type { Figure } from '../table.ts';

const path = '/api/v1/namespaces/default/pods';
const atOnce = 100;
/** Longer than anything here takes on a slow machine. */
const patienceMs = 180_000;

/** What real containers cost: how soon pods run, alone and many at once, how soon a killed one runs again, and what a node with many costs while they are idle. Needs root and containerd. */
export async function node(bench: Bench): Promise<Figure[]> {
  const dataDir = bench.freshFolder();
  const coxswain = (...args: string[]): Promise<string> => bench.run([join(bench.bundle, 'coxswain.js'), ...args, '--data-dir', dataDir], { timeoutMs: patienceMs });
  const images = testImages();
  try {
    await coxswain('image', 'load', ...readdirSync(images).filter((name) => /^(busybox_1|registry\.k8s\.io_pause)/.test(name)).map((name) => join(images, name)));
    const figures = await measure(bench, dataDir);
    return figures;
  } finally {
    await coxswain('reset');
  }
}

async function measure(bench: Bench, dataDir: string): Promise<Figure[]> {
  const settleMs = bench.quick ? 5000 : 30_000;
  const figures: Figure[] = [];
  let whole: number;
  {
    await using program = await startProgram(bench, { command: 'up', dataDir, args: ['--runtime', 'containerd'] });
    await program.complete;
    await ensureServiceAccount(program);
    const pods = await FollowedPods.of(bench, program);
    const alone: number[] = [];
    for (let index = 0; index < (bench.quick ? 10 : 40); index++) alone.push(await pods.start(`alone-${index}`));
    const sorted = alone.toSorted((a, b) => a - b);
    figures.push(
      { name: 'pod on real containers, create to Running, median', value: median(alone), note: `one at a time, ${alone.length} pods` },
      { name: 'pod on real containers, create to Running, p99', value: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0 },
    );
    const restarts: number[] = [];
    for (let index = 0; index < (bench.quick ? 5 : 20); index++) restarts.push(await pods.restart(`alone-${index}`));
    figures.push({ name: 'a killed container runs again', value: median(restarts), note: `median of ${restarts.length}, from the kill to what the API says; longest ${Math.round(Math.max(...restarts))} ms` });
    await Promise.all(alone.map((_, index) => pods.remove(`alone-${index}`)));
    const startedMs = bench.clock.monotonicMs();
    await Promise.all(Array.from({ length: atOnce }, (_, index) => pods.start(`many-${index}`)));
    figures.push({ name: '100 pods on real containers at once, all Running', value: bench.clock.monotonicMs() - startedMs });
    await bench.clock.sleep(settleMs);
    const before = program.cpuMs();
    await bench.clock.sleep(settleMs);
    figures.push({ name: 'CPU, whole cluster with 100 pods, idle', value: (100 * (program.cpuMs() - before)) / settleMs, note: `of one core, over ${settleMs / 1000} s; the control plane's is in it, containerd's is not` });
    whole = program.residentMb();
  }
  await using server = await startProgram(bench, { command: 'server', dataDir });
  await bench.clock.sleep(settleMs);
  const without = server.residentMb();
  figures.push({ name: 'memory, kubelet, proxy and DNS with 100 pods', value: whole - without, note: `what the cluster's process has (${Math.round(whole)} MB) beyond one of the same control plane alone (${Math.round(without)} MB)` });
  return figures;
}

/** Pods of one container each, and what a watch sees of them. */
class FollowedPods {
  readonly #bench: Bench;
  readonly #program: Program;
  readonly #seen = new Map<string, SeenPod>();
  readonly #waiting = new Set<() => void>();

  private constructor(bench: Bench, program: Program) {
    this.#bench = bench;
    this.#program = program;
  }

  static async of(bench: Bench, program: Program): Promise<FollowedPods> {
    const pods = new FollowedPods(bench, program);
    await watchPods(program.url, token, (type, pod) => {
      if (type === 'DELETED') pods.#seen.delete(pod.metadata.name);
      else pods.#seen.set(pod.metadata.name, pod);
      for (const look of pods.#waiting) look();
    });
    return pods;
  }

  /** Creates it; milliseconds until it is seen running. */
  async start(name: string): Promise<number> {
    const startedMs = this.#bench.clock.monotonicMs();
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', '86399'] }] } };
    await callJson(this.#program.url, token, 'POST', path, { body: pod });
    await this.#until(() => this.#seen.get(name)?.status?.phase === 'Running', `${name} to run`);
    return this.#bench.clock.monotonicMs() - startedMs;
  }

  async remove(name: string): Promise<void> {
    await callJson(this.#program.url, token, 'DELETE', `${path}/${name}`);
    await this.#until(() => !this.#seen.has(name), `${name} to be gone`);
  }

  /** Kills its process; milliseconds until another is seen running. */
  async restart(name: string): Promise<number> {
    const pid = processOf(this.#seen.get(name)?.metadata.uid ?? '');
    const startedMs = this.#bench.clock.monotonicMs();
    process.kill(pid, 'SIGKILL');
    await this.#until(() => this.#seen.get(name)?.status?.containerStatuses?.some(({ restartCount, state }) => restartCount > 0 && state?.running !== undefined) === true, `${name} to run again`);
    return this.#bench.clock.monotonicMs() - startedMs;
  }

  #until(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = this.#bench.clock.setTimer(patienceMs, () => reject(new Error(`waited ${patienceMs / 1000} s for ${what}`)));
      const look = (): void => {
        if (!holds()) return;
        this.#waiting.delete(look);
        timer.cancel();
        resolve();
      };
      this.#waiting.add(look);
    });
  }
}

/** The process of a pod's only container, as this machine knows it. */
function processOf(podUid: string): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (readFileSync(`/proc/${name}/cmdline`, 'utf8').startsWith('sleep\0') && readFileSync(`/proc/${name}/cgroup`, 'utf8').includes(podUid)) return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error(`there is no process of pod ${podUid}`);
}
