import { findExecutable } from '../../src/host/capabilities.ts';
import type { Program } from './debian-program.ts';
import { debianProgram } from './debian-program.ts';

/** The kubectls that Debian packages, by their minor version. */
const packages = {
  '1.20': { suite: 'bookworm', package: 'kubernetes-client' },
  '1.36': { suite: 'forky', package: 'kubectl' },
} as const;

export type PackagedVersion = keyof typeof packages;

/** The user's own kubectl. */
export function installedKubectl(): Program {
  const path = findExecutable('kubectl');
  return path === undefined ? { missing: 'there is no kubectl on PATH' } : { path };
}

/** The kubectl of that version. */
export function packagedKubectl(version: PackagedVersion): Promise<Program> {
  return debianProgram({ ...packages[version], file: 'usr/bin/kubectl', keptAt: `kubectl/${version}/kubectl` });
}
