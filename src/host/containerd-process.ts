import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { CriClient, criWire } from '../runtime/containerd/cri-client.ts';
import { GrpcChannel } from '../runtime/grpc/channel.ts';
import type { HostCapabilities } from './capabilities.ts';
import { describeDeath, outOfMemoryKills } from './containerd-death.ts';
import { chooseSnapshotter, containerdConfig } from './containerd-config.ts';
import { removeTree } from './mounts.ts';
import type { HostPaths } from './paths.ts';
import type { ProcessIdentity } from './processes.ts';
import { allProcesses, bootId, commandLineOf, executableOf, identityOf, isAlive, signalProcess, waitForExit } from './processes.ts';
import { lastLine, systemEnvironment } from './run-command.ts';

export interface ContainerdOptions {
  readonly paths: HostPaths;
  readonly capabilities: HostCapabilities;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Another process may look after the one that runs: it is used as it is, and waited for when it is busy. Default: one with
   * another configuration or program, or one that does not answer, is started again.
   */
  readonly usesWhatRuns?: boolean;
}

/** A running private containerd. Disposing it ends the supervision and leaves the process and its containers running. */
export interface ContainerdProcess extends Disposable {
  readonly socketPath: string;
  /** True when it was running already, from an earlier start. */
  readonly adopted: boolean;
  /** Ends containerd; containers go on under their shims. */
  stop(): Promise<void>;
}

interface PidRecord extends ProcessIdentity { readonly configHash: string }

const readyTimeoutMs = 30_000;
const pollMs = 10;
const superviseMs = 1_000;
const maxLogBytes = 16 * 1024 * 1024;

/** The containerd of this data directory, by its record, or by its command line when the record is missing. */
export function readPidRecord(paths: HostPaths): PidRecord | undefined {
  try {
    return JSON.parse(readFileSync(paths.pidFile, 'utf8')) as PidRecord;
  } catch {
    const pid = allProcesses().find((candidate) => commandLineOf(candidate).slice(1).join(' ') === `--config ${paths.configFile}`);
    const identity = pid === undefined ? undefined : identityOf(pid);
    return identity === undefined ? undefined : { ...identity, configHash: '' };
  }
}

async function answers(socketPath: string, clock: Clock, timeoutMs: number): Promise<boolean> {
  const channel = new GrpcChannel({ socketPath, clock, loadWire: criWire });
  try {
    await new CriClient(channel).call('Version', { version: 'v1' }, { timeoutMs });
    return true;
  } catch {
    return false;
  } finally {
    channel.close();
  }
}

/** containerd's last complaint, for the one-line error. */
function lastComplaint(logFile: string): string {
  const text = existsSync(logFile) ? readFileSync(logFile, 'utf8').slice(-20_000) : '';
  const lines = text.split('\n').filter((line) => /level=(error|fatal)|^containerd: /.test(line));
  const line = lines.at(-1) ?? lastLine(text);
  const quoted = /(?:error|msg)="((?:[^"\\]|\\.)*)"\s*$/.exec(line)?.[1];
  return quoted?.replaceAll('\\"', '"') ?? line;
}

/**
 * Root of a pod with users of its own is none of this machine's that may search our folders, and looks for its file system in
 * one of them. Searching is not listing, and what is in them is its owner's alone whatever the folder says.
 */
function letOtherUsersThrough({ dataDir, containerdDir }: HostPaths): void {
  for (const folder of [dataDir, containerdDir]) {
    const { mode } = statSync(folder);
    if ((mode & 0o011) !== 0o011) chmodSync(folder, (mode & 0o7777) | 0o011);
  }
}

/**
 * Brings our private containerd up and returns when it answers: adopts the one that an earlier start left running, if
 * it is healthy and has this configuration and program; else starts one. Containers outlive containerd either way.
 * Rejects with a one-line error.
 */
export async function startContainerd(options: ContainerdOptions): Promise<ContainerdProcess> {
  const { paths, capabilities, clock, logger } = options;
  if (capabilities.containerd === undefined || capabilities.runc === undefined || capabilities.cniBinDir === undefined) {
    throw new Error(capabilities.obstacle ?? 'containerd, runc or the CNI plugins are missing');
  }
  for (const folder of [paths.containerdDir, paths.certsDir, paths.cniConfDir, dirname(paths.socketPath)]) mkdirSync(folder, { recursive: true, mode: 0o711 });
  letOtherUsersThrough(paths);
  const binary = capabilities.containerd.path;
  const config = containerdConfig({
    paths,
    containerdVersion: capabilities.containerd.version,
    runcPath: capabilities.runc.path,
    cniBinDir: capabilities.cniBinDir,
    snapshotter: chooseSnapshotter(paths.containerdDir),
    restrictOomScoreAdj: !capabilities.mayLowerOomScore,
  });
  const configHash = createHash('sha256').update(config).digest('hex');

  const earlier = readPidRecord(paths);
  /** How the one that this process has started last has ended. */
  let exited: string | undefined;
  let kills = outOfMemoryKills();
  let current: ProcessIdentity;
  let adopted = false;
  if (earlier !== undefined && isAlive(earlier)) {
    const sameProgram = !executableOf(earlier.pid).endsWith(' (deleted)');
    if (options.usesWhatRuns === true) {
      const deadline = clock.monotonicMs() + readyTimeoutMs;
      while (!await answers(paths.socketPath, clock, 5_000)) {
        if (clock.monotonicMs() > deadline) throw new Error(`containerd (process ${earlier.pid}) did not answer within ${readyTimeoutMs / 1000} s (log: ${paths.logFile})`);
        await clock.sleep(pollMs);
      }
      adopted = true;
      current = earlier;
    } else if (sameProgram && earlier.configHash === configHash && await answers(paths.socketPath, clock, 5_000)) {
      adopted = true;
      current = earlier;
    } else {
      logger.info('restarting containerd', { reason: !sameProgram ? 'its program was replaced' : earlier.configHash !== configHash ? 'its configuration changed' : 'it does not answer' });
      await end(earlier, clock);
      current = await launch();
    }
  } else {
    // After a reboot nothing of the runtime state is true any more: as if it had lain on a tmpfs.
    if (earlier !== undefined && earlier.bootId !== bootId()) removeTree(paths.stateDir);
    current = await launch();
  }

  async function launch(): Promise<ProcessIdentity> {
    writeFileSync(paths.configFile, config, { mode: 0o600 });
    if (existsSync(paths.logFile) && statSync(paths.logFile).size > maxLogBytes) renameSync(paths.logFile, `${paths.logFile}.1`);
    const log = openSync(paths.logFile, 'a', 0o600);
    exited = undefined;
    kills = outOfMemoryKills();
    const child = spawn(binary, ['--config', paths.configFile], { detached: true, cwd: '/', stdio: ['ignore', log, log], env: systemEnvironment() });
    closeSync(log);
    child.on('error', (error) => { exited = error.message; });
    child.on('exit', (code, signal) => { exited = signal === null ? `exit code ${code}` : `killed by ${signal}`; });
    child.unref();
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (identity !== undefined) writeFileSync(paths.pidFile, JSON.stringify({ ...identity, configHash } satisfies PidRecord), { mode: 0o600 });
    const deadline = clock.monotonicMs() + readyTimeoutMs;
    for (;;) {
      await clock.sleep(pollMs);
      if (exited !== undefined) throw new Error(`containerd did not start: ${exited}: ${lastComplaint(paths.logFile)} (log: ${paths.logFile})`);
      if (existsSync(paths.socketPath) && await answers(paths.socketPath, clock, 2_000)) break;
      if (clock.monotonicMs() > deadline) throw new Error(`containerd did not answer within ${readyTimeoutMs / 1000} s: ${lastComplaint(paths.logFile)} (log: ${paths.logFile})`);
    }
    if (identity === undefined) throw new Error('containerd did not start');
    return identity;
  }

  let stopped = false;
  let timer: Timer | undefined;
  const supervise = (): void => {
    timer = clock.setTimer(superviseMs, () => {
      if (stopped) return;
      if (!isGone(current)) {
        supervise();
        return;
      }
      // Somebody else may have started another one for this data directory: two would not get along.
      const other = readPidRecord(paths);
      if (other !== undefined && isAlive(other)) {
        logger.info('containerd was started again by another process', { pid: other.pid });
        current = other;
        exited = undefined;
        supervise();
        return;
      }
      logger.warn('containerd died; starting it again', describeDeath({ ended: exited, killsBefore: kills, killsAfter: outOfMemoryKills(), logFile: paths.logFile }));
      launch().then((identity) => { current = identity; }, (error: unknown) => logger.error('containerd', { error })).finally(() => { if (!stopped) supervise(); });
    }, { unref: true });
  };
  // What another process looks after it starts again, too.
  if (options.usesWhatRuns !== true || !adopted) supervise();

  return {
    socketPath: paths.socketPath,
    adopted,
    stop: async () => {
      stopped = true;
      timer?.cancel();
      await end(current, clock);
      rmSync(paths.pidFile, { force: true });
    },
    [Symbol.dispose]: () => {
      stopped = true;
      timer?.cancel();
    },
  };
}

/** For certain: that it cannot be told, for want of file descriptors, is no reason to start a second one. */
function isGone(identity: ProcessIdentity): boolean {
  try {
    return !isAlive(identity);
  } catch {
    return false;
  }
}

async function end(identity: ProcessIdentity, clock: Clock): Promise<void> {
  signalProcess(identity.pid, 'SIGTERM');
  if (await waitForExit(identity, 10_000, clock)) return;
  signalProcess(identity.pid, 'SIGKILL');
  await waitForExit(identity, 5_000, clock);
}

/** Ends the containerd of this data directory, if one runs. Containers go on under their shims. */
export async function stopContainerd(paths: HostPaths, clock: Clock): Promise<void> {
  const record = readPidRecord(paths);
  if (record !== undefined && isAlive(record)) await end(record, clock);
  rmSync(paths.pidFile, { force: true });
}
