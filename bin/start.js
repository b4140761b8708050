// Makes sure there is a Node.js >= 24 and a built program, then becomes that program.
import { existsSync, readdirSync, statSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureDependencies, findNode, isCheckout, root, runWithNode } from './find-node.js';

function newestSourceMs(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name.endsWith('.test.ts')) continue;
    const path = join(folder, entry.name);
    const ms = entry.isDirectory() ? newestSourceMs(path) : statSync(path).mtimeMs;
    if (ms > newest) newest = ms;
  }
  return newest;
}

// In a checkout the bundle follows the sources; an installed package ships it.
async function ensureBuilt(program) {
  if (!isCheckout || (existsSync(program) && statSync(program).mtimeMs >= newestSourceMs(join(root, 'src')))) return false;
  const { spawnSync } = await import('node:child_process');
  const built = spawnSync(findNode() ?? process.execPath, [join(root, 'scripts', 'build.ts')], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (built.status !== 0) process.exit(1);
  return true;
}

/** Becomes the program of that name, `coxswain` or `kubectl`, started by `bin/NAME.js`. */
export async function start(name) {
  const isKubectl = name === 'kubectl' || process.argv[2] === 'kubectl';
  const program = join(root, 'dist', isKubectl ? 'kubectl.cjs' : `${name}.js`);
  // An older Node that starts a newer one has made all ready for it, and said when the start began: installing and
  // building, which happen once, do not count.
  if (process.env.COXSWAIN_STARTED_MS === undefined) {
    const installed = await ensureDependencies();
    const built = await ensureBuilt(program);
    process.env.COXSWAIN_STARTED_MS = String(installed || built ? Date.now() : Math.round(performance.timeOrigin));
  }
  if (findNode() === process.execPath) {
    module.enableCompileCache?.(join(root, 'dist', '.cache'));
    if (isKubectl) {
      if (name !== 'kubectl') process.argv.splice(2, 1);
      // Not by import(), which would read a CommonJS file twice.
      module.createRequire(import.meta.url)(program);
    } else await import(pathToFileURL(program).href);
  } else {
    await runWithNode([join(root, 'bin', `${name}.js`), ...process.argv.slice(2)]);
  }
}
