import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { findCniBinDir, findExecutable } from './capabilities.ts';
import { lastLine, runCommand } from './run-command.ts';

/** What a real node needs: the Debian package, and how we see that its content is there (from the package or from elsewhere). */
const needs: readonly { readonly package: string; readonly present: () => boolean }[] = [
  { package: 'containerd', present: () => findExecutable('containerd') !== undefined },
  { package: 'runc', present: () => findExecutable('runc') !== undefined },
  { package: 'containernetworking-plugins', present: () => findCniBinDir() !== undefined },
  { package: 'nftables', present: () => findExecutable('nft') !== undefined },
  { package: 'iptables', present: () => findExecutable('iptables') !== undefined },
  { package: 'conntrack', present: () => findExecutable('conntrack') !== undefined },
  { package: 'iproute2', present: () => findExecutable('ip') !== undefined },
];

/** Debian packages whose content is missing on this machine; empty when nothing is. */
export function missingPackages(): string[] {
  return needs.filter((need) => !need.present()).map((need) => need.package);
}

/** Why packages cannot be installed here, as a line for the user; undefined when they can. */
export function installObstacle(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  if (process.getuid?.() !== 0) return 'installing packages needs root';
  if (findExecutable('apt-get') === undefined) return 'there is no apt-get: install containerd, runc, the CNI plugins, nftables, iptables and conntrack with this system\'s package manager';
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release)) return 'automatic installation knows Debian and Ubuntu only';
  return undefined;
}

const policyFile = '/usr/sbin/policy-rc.d';

const policyMark = 'Made by coxswain while it installs packages; removed afterwards.';

/**
 * While packages are installed, Debian's maintainer scripts ask this file whether a service may start. The system's
 * containerd must not: we run our own, and starting a service that nobody asked for is not ours to do.
 */
function forbidServiceStart(): () => void {
  // One of ours may lie there from an installation that was interrupted.
  if (existsSync(policyFile) && !readFileSync(policyFile, 'utf8').includes(policyMark)) return () => {};
  writeFileSync(policyFile, `#!/bin/sh\n# ${policyMark}\ncase "$1" in containerd*|nftables*) exit 101 ;; esac\nexit 0\n`, { mode: 0o755 });
  return () => rmSync(policyFile, { force: true });
}

async function aptGet(args: readonly string[], log: (line: string) => void): Promise<{ readonly exitCode: number; readonly error: string }> {
  const result = await runCommand('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=60', '-o', 'Dpkg::Use-Pty=0', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive', APT_LISTCHANGES_FRONTEND: 'none', NEEDRESTART_MODE: 'l' },
    timeoutMs: 15 * 60_000,
    onLine: (line) => { if (/^(Get:\d|Setting up |Unpacking )/.test(line)) log(line.replace(/ \.\.\.$/, '')); },
  });
  const errors = result.stderr.split('\n').filter((line) => line.startsWith('E: '));
  return { exitCode: result.exitCode, error: errors.at(-1)?.slice(3) ?? lastLine(result.stderr) };
}

/**
 * Installs what is missing with apt-get, without questions. `log` receives short progress lines. Rejects with a
 * one-line error that says what failed and what the user can do.
 */
export async function installPackages(options: { readonly log: (line: string) => void }): Promise<void> {
  const packages = missingPackages();
  if (packages.length === 0) return;
  const obstacle = installObstacle();
  if (obstacle !== undefined) throw new Error(`cannot install ${packages.join(', ')}: ${obstacle}`);
  options.log(`installing ${packages.join(', ')} with apt-get`);
  const allowServiceStart = forbidServiceStart();
  try {
    const install = ['install', '--no-install-recommends', ...packages];
    let result = await aptGet(install, options.log);
    if (result.exitCode !== 0) {
      // Usually the package lists are missing or old; they are refreshed only when that is needed, because it takes long.
      options.log('refreshing the package lists');
      await aptGet(['update'], () => {});
      result = await aptGet(install, options.log);
    }
    if (result.exitCode !== 0) throw new Error(`apt-get could not install ${packages.join(', ')}: ${result.error}; install them by hand, or start with --runtime simulated`);
  } finally {
    allowServiceStart();
  }
  const still = missingPackages();
  if (still.length > 0) throw new Error(`apt-get installed ${packages.join(', ')}, but ${still.join(', ')} cannot be found`);
}
