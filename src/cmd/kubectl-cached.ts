import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script, constants } from 'node:vm';

/** Of the program's text, put here by the build: compiled code of another program is never taken for this one's. */
declare const programId: string;
/** As many commands as are kept compiled; each takes half a megabyte. */
const maxKept = 48;

const program = join(__dirname, 'kubectl-program.cjs');
/** The first word names the command: each has its own, for each runs other parts of the program. */
const word = process.argv.slice(2).find((argument) => /^[a-z][a-z-]{0,24}$/.test(argument)) ?? 'help';
const folder = join(__dirname, '.cache', 'kubectl');
const kept = join(folder, `${word}-${programId}-${process.version}-${process.arch}`);

function readKept(): Buffer | undefined {
  try {
    return readFileSync(kept);
  } catch {
    // None yet.
    return undefined;
  }
}

function keep(script: Script): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (readdirSync(folder).length >= maxKept) return;
    const temporary = `${kept}.${process.pid}`;
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, kept);
  } catch {
    // Where nothing may be written, commands start more slowly.
  }
}

// Node's own compile cache keeps what was compiled before anything ran, which is little: V8 compiles functions when they
// are called. What it keeps here was compiled when a command had run: the next one compiles nothing, a fifth of its time.
const cachedData = readKept();
const text = `(function (exports, require, module, __filename, __dirname) {${readFileSync(program, 'latin1')}\n})`;
const script = new Script(text, { filename: program, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER, ...(cachedData !== undefined && { cachedData }) });
if (cachedData === undefined || script.cachedDataRejected === true) process.once('exit', (code) => { if (code === 0) keep(script); });
const run = script.runInThisContext() as (...parts: readonly unknown[]) => void;
run({}, createRequire(program), { exports: {} }, program, dirname(program));
