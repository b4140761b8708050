/**
 * The import-direction check. Floors, from the ground: base <- api <- store, client, streaming, pki, runtime, host <-
 * every component <- testing, cmd. An import only points down; components never import one another; only the API server
 * imports the store; `base`, `api`, `store/drivers/memory`, `client`, `controllers` and `scheduler` use no Node built-in
 * (types aside); there are no circles, not even of types. Returns what is wrong, a line each.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const src = join(root, 'src');

/** What each top-level folder of src may import, beside itself. */
const mayImport: Record<string, readonly string[]> = {
  base: [],
  api: ['base'],
  store: ['base', 'api'],
  client: ['base', 'api'],
  streaming: ['base', 'api'],
  pki: ['base', 'api'],
  runtime: ['base', 'api'],
  network: ['base', 'api'],
  host: ['base', 'api', 'runtime', 'network', 'streaming'],
  apiserver: ['base', 'api', 'store', 'client', 'streaming', 'pki'],
  controllers: ['base', 'api', 'client'],
  scheduler: ['base', 'api', 'client'],
  cloud: ['base', 'api', 'client'],
  ingress: ['base', 'api', 'client'],
  kubelet: ['base', 'api', 'client', 'streaming', 'runtime'],
  proxy: ['base', 'api', 'client'],
  'network-policy': ['base', 'api', 'client'],
  dns: ['base', 'api', 'client'],
  kubectl: ['base', 'api', 'streaming', 'pki', 'why'],
  why: ['base', 'api', 'client'],
  cluster: ['*'],
  testing: ['*'],
  cmd: ['*'],
};

/** Must run where there is no Node: these may use its types, not its modules. Transports over sockets are the edges. */
const pure = [/^base\//, /^api\//, /^store\/store\.ts$/, /^store\/drivers\/memory\//, /^client\/(?!transports\/http|kubeconfig)/, /^controllers\//, /^scheduler\//, /^cloud\/(?!providers\/local\/speaker)/, /^why\//];

const importPattern = /^\s*(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).map((name) => join(folder, name));
}

export function checkImports(): string[] {
  const problems: string[] = [];
  const edges = new Map<string, string[]>();
  for (const file of sources(src)) {
    const name = relative(src, file);
    const floor = name.split('/')[0]!;
    const list: string[] = [];
    edges.set(name, list);
    for (const match of readFileSync(file, 'utf8').matchAll(importPattern)) {
      const specifier = match[2] ?? match[3]!;
      const typeOnly = match[1] !== undefined;
      if (!specifier.startsWith('.')) {
        if (specifier.startsWith('node:') && !typeOnly && pure.some((pattern) => pattern.test(name))) problems.push(`${name}: imports ${specifier}, but must run without Node`);
        continue;
      }
      const to = relative(src, resolve(dirname(file), specifier));
      if (to.startsWith('..')) { problems.push(`${name}: imports ${specifier} from outside src`); continue; }
      list.push(to);
      const target = to.split('/')[0]!;
      const allowed = mayImport[floor];
      if (allowed === undefined) problems.push(`${name}: folder src/${floor} has no floor; name it in scripts/check-imports.ts`);
      else if (target !== floor && !allowed.includes('*') && !allowed.includes(target)) problems.push(`${name}: ${floor} may not import ${target} (${specifier})`);
      const from = name.split('/');
      const there = to.split('/');
      const siblings = ['controllers', 'store/drivers', 'apiserver/admission', 'scheduler/plugins', 'kubelet/volumes', 'proxy/backends', 'cloud/providers'];
      for (const parent of siblings) {
        const depth = parent.split('/').length;
        if (from.slice(0, depth).join('/') === parent && there.slice(0, depth).join('/') === parent && from.length > depth + 1 && there.length > depth + 1 && from[depth] !== there[depth] && there[depth] !== 'common') {
          problems.push(`${name}: imports its sibling ${to}; share through the folder above or 'common'`);
        }
      }
    }
  }
  problems.push(...cycles(edges));
  return problems;
}

/** Circles of imports, each named once. Those of types alone count too: files that need one another cannot be read one by one. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (file: string): void => {
    state.set(file, 'open');
    path.push(file);
    for (const to of edges.get(file) ?? []) {
      if (state.get(to) === 'open') found.push(`import cycle: ${[...path.slice(path.indexOf(to)), to].join(' -> ')}`);
      else if (!state.has(to)) visit(to);
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const file of edges.keys()) if (!state.has(file)) visit(file);
  return found;
}

if (import.meta.main) {
  const problems = checkImports();
  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? 'imports: all point down' : `imports: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
