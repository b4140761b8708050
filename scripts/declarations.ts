import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What names another file in a declaration: `from './x.ts'`, `import('./x.ts')`. */
const specifier = /(\bfrom\s+|\bimport\()(['"])(\.[^'"]+)\.ts\2/g;

/**
 * Writes the types of one entry point, and of all that they are made of, below `outdir`: files as the compiler emits
 * them, which name one another with the extensions of what is published. Types are taken as they are: the check of the project is the place to doubt them.
 */
export function writeDeclarations(root: string, entry: string, outdir: string): void {
  mkdirSync(outdir, { recursive: true });
  // In the project, from where the compiler finds the types that the sources use.
  const scratch = mkdtempSync(join(outdir, '.emitted-'));
  try {
    const config = join(scratch, 'tsconfig.json');
    writeFileSync(config, JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { noEmit: false, incremental: false, tsBuildInfoFile: null, declaration: true, noCheck: true, emitDeclarationOnly: true, rootDir: join(root, 'src'), outDir: join(scratch, 'out'), typeRoots: [join(root, 'node_modules/@types')] },
      include: [], files: [join(root, 'src', entry)],
    }));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/lib/tsc.js'), '-p', config], { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`the declarations cannot be made: ${stdout}${stderr}`);
    copyReachable(join(scratch, 'out'), entry.replace(/\.ts$/, '.d.ts'), outdir);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The compiler emits the types of everything that is imported; what no type of the entry leads to is nobody's business. */
function copyReachable(from: string, entry: string, to: string): void {
  const waiting = [entry];
  const seen = new Set(waiting);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const text = readFileSync(join(from, file), 'utf8');
    for (const [, , , path = ''] of text.matchAll(specifier)) {
      const next = relative(from, join(from, dirname(file), `${path}.d.ts`));
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
    mkdirSync(join(to, dirname(file)), { recursive: true });
    writeFileSync(join(to, file), text.replace(specifier, '$1$2$3.js$2'));
  }
}

if (import.meta.main) writeDeclarations(join(import.meta.dirname, '..'), 'testing/testing.ts', process.argv[2] ?? join(import.meta.dirname, '../dist/types'));
