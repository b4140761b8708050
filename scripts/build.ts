/** Bundles the program and the library into dist/: one file per entry point, so that starting it reads and compiles as little as possible. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { BuildOptions, Plugin } from 'esbuild';
import { writeDeclarations } from './declarations.ts';
import { collectDescriptions } from './descriptions.ts';

const root = join(import.meta.dirname, '..');
/** `node scripts/build.ts [FOLDER] [--types]`: elsewhere than dist/, for those who must not disturb what runs from there; with the types, which only who publishes needs. */
const folder = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
const outdir = resolve(folder ?? join(root, 'dist'));
const publishing = process.argv.includes('--types');
if (publishing) rmSync(outdir, { recursive: true, force: true });
const beganMs = Date.now();
/** A cluster that runs from here loads parts of itself when they are first used: those of earlier builds stay for so long. */
const keptMs = 7 * 24 * 3600_000;

/**
 * tsyringe, of which @peculiar/x509 is made, looks for reflect-metadata where its own code begins. In a chunk that several
 * others share, esbuild puts that package behind it, whatever the imports say: so tsyringe brings it itself.
 */
const reflectFirst: Plugin = {
  name: 'reflect-first',
  setup({ onLoad }) {
    onLoad({ filter: /tsyringe[\\/]dist[\\/]esm\w+[\\/]index\.js$/ }, ({ path }) => ({ contents: `import 'reflect-metadata';\n${readFileSync(path, 'utf8')}`, loader: 'js' }));
  },
};

/**
 * An ES module that imports `node:http` makes Node read every export of it, and one of them is a whole `fetch` with its
 * WebSocket: a sixth of a second of a start, for nothing. Taken as a CommonJS module, only what is used is made.
 */
const plainHttp: Plugin = {
  name: 'plain-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:http$/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`, loader: 'js' }));
  },
};

/** kubectl has a bundle of its own, below: the program starts that, and holds no second copy of every command. */
const kubectlBeside: Plugin = {
  name: 'kubectl-beside',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/kubectl\.ts$/ }, ({ path, importer }) => (importer.endsWith('main.ts') ? { path, namespace: 'beside' } : undefined));
    onResolve({ filter: /^\.\/kubectl\.cjs$/ }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /.*/, namespace: 'beside' }, () => ({
      contents: `export async function kubectlProgram(line) { process.argv.splice(2, Infinity, ...line); require('./kubectl.cjs'); await new Promise(() => {}); }`,
      loader: 'js',
    }));
  },
};

const common = {
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  sourcemap: false,
  // The licences of what is bundled travel with it.
  legalComments: 'external',
  // ES module forms where a package has both: what is not used is left out.
  mainFields: ['module', 'main'],
  logLevel: 'error',
  // The package's Node entry is CommonJS, whose names are lost when it is imported on demand.
  alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  define: { 'process.env.NODE_ENV': '"production"' },
} satisfies BuildOptions;

await build({
  ...common,
  entryPoints: {
    coxswain: join(root, 'src/cmd/main.ts'),
    testing: join(root, 'src/testing/testing.ts'),
    'sqlite-worker': join(root, 'src/store/drivers/sqlite/worker.ts'),
    'yaml-worker': join(root, 'src/apiserver/http/yaml-worker.ts'),
  },
  // Lazily imported parts (gRPC, X.509, metrics) stay files of their own and cost nothing until they are needed.
  splitting: true,
  // In one folder: workers are found beside the chunk that starts them.
  chunkNames: '[name]-[hash]',
  format: 'esm',
  plugins: [reflectFirst, plainHttp, kubectlBeside],
  // CommonJS packages inside an ES module bundle ask for `require`.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});

// A command line is felt to be quick or slow. One file whose parts run when they are used starts three times as fast as
// forty chunks, and as CommonJS it asks for Node's own modules no earlier than it uses them.
// What few commands use lies beside it.
const libraries: Readonly<Record<string, string>> = { 'yaml': 'kubectl-yaml', 'ws': 'kubectl-ws', '@peculiar/x509': 'kubectl-x509' };
const besides: Plugin = {
  name: 'besides',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^(?:${Object.keys(libraries).join('|')})$`) }, ({ path, kind }) => (kind === 'entry-point' ? undefined : { path: `./${libraries[path]}.cjs`, external: true }));
  },
};
await build({
  ...common,
  entryPoints: { 'kubectl-program': join(root, 'src/cmd/kubectl-main.ts'), ...Object.fromEntries(Object.entries(libraries).map(([name, file]) => [file, name])) },
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  plugins: [besides, reflectFirst],
});

// What starts it keeps what V8 made of it, and reads it as Latin-1, of which esbuild writes the ASCII part alone.
const programId = createHash('sha256').update(readFileSync(join(outdir, 'kubectl-program.cjs'))).digest('hex').slice(0, 16);
await build({ ...common, define: { ...common.define, programId: JSON.stringify(programId) }, entryPoints: { kubectl: join(root, 'src/cmd/kubectl-cached.ts') }, format: 'cjs', outExtension: { '.js': '.cjs' } });

writeFileSync(join(outdir, 'descriptions.json'), JSON.stringify(collectDescriptions(root)));
if (publishing) writeDeclarations(root, 'testing/testing.ts', join(outdir, 'types'));
for (const entry of readdirSync(outdir, { withFileTypes: true, recursive: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && statSync(path).mtimeMs < beganMs - keptMs) rmSync(path);
}
