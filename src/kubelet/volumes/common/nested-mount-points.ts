import type { Pod } from '../../../api/types/core/v1.ts';
import { containersOf } from '../../pods/pod-spec.ts';

const clean = (path: string): string => `/${path.split('/').filter((part) => part !== '' && part !== '.').join('/')}`;

/**
 * The directories that a volume of files needs for what is mounted below it, relative to it: the runtime cannot make them
 * in a volume that is read-only. What is below another mount belongs to that one.
 */
export function nestedMountPoints(pod: Pod, volume: string): string[] {
  const nested = new Set<string>();
  for (const { container } of containersOf(pod)) {
    const mounts = (container.volumeMounts ?? []).map(({ name, mountPath }) => ({ name, path: clean(mountPath) }));
    for (const own of mounts) {
      if (own.name !== volume) continue;
      const below = mounts.map(({ path }) => path).filter((path) => path.startsWith(`${own.path}/`));
      for (const path of below) if (!below.some((other) => path.startsWith(`${other}/`))) nested.add(path.slice(own.path.length + 1));
    }
  }
  return [...nested];
}
