import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, normalize } from 'node:path';
import { parseGoDuration } from '../../base/go-duration.ts';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';

/** A folder of a git repository, as a URL names it. */
export interface RepositoryFolder {
  readonly url: string;
  /** What git clones. */
  readonly repo: string;
  /** Below the repository's root; '' is that root. */
  readonly path: string;
  /** '' is what the repository shows first. */
  readonly ref: string;
  readonly timeoutMs: number;
  readonly submodules: boolean;
}

const patience = 27_000;
const schemes = ['ssh://', 'https://', 'http://', 'file://'];

/** The repository that a path means; undefined for what is no URL of one. */
export function repositoryOf(url: string): RepositoryFolder | undefined {
  if (url.startsWith('/')) return undefined;
  const question = url.indexOf('?');
  const plain = question < 0 ? url : url.slice(0, question);
  const host = hostOf(plain);
  if (host === undefined) return undefined;
  const parts = pathsOf(host.rest, host.scheme === 'file://');
  if (parts === undefined || parts.repo === '' || normalize(parts.path.replace(/^\//, '')).split('/')[0] === '..') return undefined;
  return { url, repo: host.host + parts.repo, path: parts.path.replace(/^\//, ''), ...queryOf(question < 0 ? '' : url.slice(question + 1)) };
}

function hostOf(url: string): { readonly scheme: string; readonly host: string; readonly rest: string } | undefined {
  let text = url.replace(/^git::/i, '');
  const scheme = schemes.find((one) => text.toLowerCase().startsWith(one)) ?? '';
  text = text.slice(scheme.length);
  const user = /^[a-zA-Z][a-zA-Z0-9-]*@/.exec(text)?.[0] ?? '';
  text = text.slice(user.length);
  const isGithub = /^github\.com[/:]/i.test(text);
  const likeScp = scheme === '' && (user !== '' || isGithub);
  if (scheme === '' && !likeScp) return undefined;
  if (scheme === 'file://') return { scheme, host: scheme, rest: user + text };
  const [slash, colon] = [text.indexOf('/'), text.indexOf(':')];
  const end = likeScp && (slash < 0 || (colon > 0 && colon < slash)) ? colon : slash;
  const [host, rest] = end < 0 ? [text, ''] : [text.slice(0, end + 1), text.slice(end + 1)];
  if (isGithub) return { scheme, host: scheme === 'ssh://' || user !== '' ? `${user}github.com:` : 'https://github.com/', rest };
  return host === '' ? undefined : { scheme, host: scheme + user + host, rest };
}

/** Where the repository ends and the path in it begins. */
function pathsOf(rest: string, isFile: boolean): { readonly repo: string; readonly path: string } | undefined {
  const azure = rest.indexOf('_git/');
  if (azure >= 0) {
    const [name = '', ...path] = rest.slice(azure + 5).split('/');
    return { repo: rest.slice(0, azure + 5) + name, path: path.join('/') };
  }
  const twice = rest.indexOf('//');
  if (twice >= 0) return { repo: rest.slice(0, twice), path: rest.slice(twice + 2) };
  const git = rest.indexOf('.git');
  if (git >= 0) return { repo: rest.slice(0, git + 4), path: rest.slice(git + 4) };
  if (isFile) return { repo: rest, path: '' };
  const segments = rest.split('/');
  return segments.length < 2 ? undefined : { repo: segments.slice(0, 2).join('/'), path: segments.slice(2).join('/') };
}

function queryOf(query: string): Pick<RepositoryFolder, 'ref' | 'timeoutMs' | 'submodules'> {
  const values = new URLSearchParams(query);
  const timeout = values.get('timeout') ?? '';
  const given = /^\d+$/.test(timeout) ? Number(timeout) * 1000 : timeout === '' ? 0 : parseGoDuration(timeout) ?? 0;
  return { ref: values.get('ref') ?? values.get('version') ?? '', timeoutMs: given > 0 ? given : patience, submodules: !['0', 'f', 'F', 'false', 'False', 'FALSE'].includes(values.get('submodules') ?? '') };
}

function programOnPath(name: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/** A fresh clone of a repository; `remove` takes it away again. */
export async function cloneRepository(io: Io, { repo, ref, timeoutMs, submodules }: RepositoryFolder): Promise<{ readonly folder: string; readonly remove: () => void }> {
  const git = programOnPath('git', io.environment['PATH'] ?? '');
  if (git === undefined) throw new KubectlError('no \'git\' program on path: exec: "git": executable file not found in $PATH');
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kustomize-')));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const run = (...args: readonly string[]): Promise<void> => new Promise((resolve, reject) => {
    const line = [git, ...args].join(' ');
    execFile(git, args, { cwd: folder, timeout: timeoutMs, env: { ...io.environment }, signal: io.signal }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else if (error.killed === true) reject(new KubectlError(`hit ${timeoutMs / 1000}s timeout running '${line}'`));
      else reject(new KubectlError(`failed to run '${line}': ${stderr}${stdout}: exit status ${String(error.code)}`, { cause: error }));
    });
  });
  try {
    await run('init');
    await run('remote', 'add', 'origin', repo);
    await run('fetch', '--depth=1', repo, ref === '' ? 'HEAD' : ref);
    await run('checkout', 'FETCH_HEAD');
    if (submodules) await run('submodule', 'update', '--init', '--recursive');
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}
