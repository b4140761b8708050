import { existsSync, mkdirSync, mkdtempSync, renameSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from '../../src/host/capabilities.ts';
import { run } from './command.ts';

const cache = join(import.meta.dirname, '../../.cache/kubectl');
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The kubectls that Debian packages, by their minor version. */
const packages = {
  '1.20': { suite: 'bookworm', name: 'kubernetes-client' },
  '1.36': { suite: 'forky', name: 'kubectl' },
} as const;

export type PackagedVersion = keyof typeof packages;

export type Kubectl = { readonly path: string } | { readonly missing: string };

/** The user's own kubectl. */
export function installedKubectl(): Kubectl {
  const path = findExecutable('kubectl');
  return path === undefined ? { missing: 'there is no kubectl on PATH' } : { path };
}

/**
 * A kubectl of that version out of its Debian package: downloaded and unpacked once, into `.cache/`; nothing is installed,
 * and the system's package lists are left as they are.
 */
export async function packagedKubectl(version: PackagedVersion): Promise<Kubectl> {
  const path = join(cache, version, 'kubectl');
  if (existsSync(path)) return { path };
  if (findExecutable('apt-get') === undefined || findExecutable('dpkg') === undefined || !existsSync(keyring)) return { missing: 'its package comes from Debian, and this system has no apt-get with Debian\'s keys' };
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'download-'));
  try {
    const { suite, name } = packages[version];
    mkdirSync(join(work, 'lists/partial'), { recursive: true });
    mkdirSync(join(work, 'archives/partial'), { recursive: true });
    writeFileSync(join(work, 'sources.list'), `deb [signed-by=${keyring}] http://deb.debian.org/debian ${suite} main\n`);
    const settings = [
      `Dir::Etc::sourcelist=${work}/sources.list`, 'Dir::Etc::sourceparts=/dev/null', 'Dir::Etc::preferences=/dev/null', 'Dir::Etc::preferencesparts=/dev/null',
      `Dir::State::lists=${work}/lists`, `Dir::Cache=${work}`, 'Dir::State::status=/dev/null', 'APT::Sandbox::User=root',
      'Acquire::Languages=none', 'Acquire::Retries=1', 'Acquire::http::Timeout=20',
    ].flatMap((setting) => ['-o', setting]);
    const apt = (...args: string[]): ReturnType<typeof run> => run('apt-get', ['-q', ...settings, ...args], { cwd: work, timeoutMs: 120_000 });
    await apt('update');
    const { code, stderr } = await apt('download', name);
    if (code !== 0) return { missing: `apt-get download ${name} (${suite}) failed: ${stderr.trim().split('\n').at(-1) ?? ''}` };
    const archive = readdirSync(work).find((file) => file.endsWith('.deb'));
    if (archive === undefined) return { missing: `apt-get download ${name} left no package` };
    const unpacked = await run('dpkg', ['-x', archive, 'unpacked'], { cwd: work });
    if (unpacked.code !== 0) return { missing: `the package of kubectl ${version} cannot be unpacked: ${unpacked.stderr.trim()}` };
    mkdirSync(join(cache, version), { recursive: true });
    renameSync(join(work, 'unpacked/usr/bin/kubectl'), path);
    return { path };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
