import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findExecutable } from '../../src/host/capabilities.ts';
import { run } from './command.ts';

const cache = join(import.meta.dirname, '../../.cache');
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** A program on this machine, or why it is not there. */
export type Program = { readonly path: string } | { readonly missing: string };

export interface DebianProgram {
  readonly suite: string;
  readonly package: string;
  /** Where the program is in the package, relative to its root. */
  readonly file: string;
  /** Where it is kept below `.cache/`. */
  readonly keptAt: string;
}

/**
 * A program out of its Debian package: downloaded and unpacked once, into `.cache/`; nothing is installed,
 * and the system's package lists are left as they are.
 */
export async function debianProgram({ suite, package: name, file, keptAt }: DebianProgram): Promise<Program> {
  const path = join(cache, keptAt);
  if (existsSync(path)) return { path };
  if (findExecutable('apt-get') === undefined || findExecutable('dpkg') === undefined || !existsSync(keyring)) return { missing: 'its package comes from Debian, and this system has no apt-get with Debian\'s keys' };
  mkdirSync(dirname(path), { recursive: true });
  const work = mkdtempSync(join(cache, 'download-'));
  try {
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
    const archive = readdirSync(work).find((entry) => entry.endsWith('.deb'));
    if (archive === undefined) return { missing: `apt-get download ${name} left no package` };
    const unpacked = await run('dpkg', ['-x', archive, 'unpacked'], { cwd: work });
    if (unpacked.code !== 0) return { missing: `the package ${name} (${suite}) cannot be unpacked: ${unpacked.stderr.trim()}` };
    renameSync(join(work, 'unpacked', file), path);
    return { path };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
