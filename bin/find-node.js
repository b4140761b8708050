// Finds a Node.js that is new enough to run Coxswain: the one that runs this file, else the one from the npm package
// `node`. Plain JavaScript that old versions of Node understand, because an old version may be what starts it.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const wantedMajor = 24;

/** True in a checkout of the repository, false in an installed package. */
export const isCheckout = existsSync(join(root, 'src')) && existsSync(join(root, 'package-lock.json'));

/** In a checkout: brings node_modules to what the lock file says. Exits with a message when that fails; false: nothing to do. */
export async function ensureDependencies() {
  if (!isCheckout) return false;
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return false;
  process.stderr.write('installing npm dependencies (once) ...\n');
  const { spawnSync } = await import('node:child_process');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline', '--fetch-retries=1', '--fetch-timeout=60000'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) {
    process.stderr.write(`error: npm ci failed${result.error ? `: ${result.error.message}` : ''}: is the npm registry reachable? Run it in ${root} to see why\n`);
    process.exit(1);
  }
  return true;
}

/** The path of a Node.js >= 24, or undefined. */
export function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= wantedMajor) return process.execPath;
  const candidates = [
    join(root, 'node_modules', 'node', 'bin', 'node'),
    join(root, 'node_modules', 'node', 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node'),
    join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node'),
  ];
  return candidates.find((path) => existsSync(path));
}

/** Runs a program under the Node that was found, passing signals on, and ends with its exit code. */
export async function runWithNode(args) {
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(`error: Coxswain needs Node.js ${wantedMajor} or newer; this is ${process.version}. Install it from https://nodejs.org, or run: npm install node@${wantedMajor}\n`);
    process.exit(1);
  }
  // Loaded when needed: a kubectl that finds all ready starts sooner without it.
  const { spawn } = await import('node:child_process');
  const child = spawn(node, args, { stdio: 'inherit' });
  // Ctrl-C reaches the child through the terminal's process group; a signal sent to this process alone is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { if (signal !== 'SIGINT') child.kill(signal); });
  child.on('exit', (code, signal) => {
    if (signal) process.exit(128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15, SIGHUP: 1 }[signal] || 1));
    process.exit(code === null ? 1 : code);
  });
}
