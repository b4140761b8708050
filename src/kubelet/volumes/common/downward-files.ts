import type { DownwardAPIVolumeFile, Pod } from '../../../api/types/core/v1.ts';
import type { PodFacts } from '../../environment/references.ts';
import { fieldValue, resourceValue } from '../../environment/references.ts';
import type { TreeFile } from '../../host.ts';

/** Files that show fields of the pod itself. Throws for a field that is not supported. */
export function downwardFiles(pod: Pod, items: readonly DownwardAPIVolumeFile[], mode: number, facts: PodFacts): Map<string, TreeFile> {
  const files = new Map<string, TreeFile>();
  for (const item of items) {
    const text = item.fieldRef !== undefined ? fieldValue(pod, item.fieldRef.fieldPath, facts)
      : item.resourceFieldRef !== undefined ? resourceValue(pod, item.resourceFieldRef, undefined, facts)
      : '';
    files.set(item.path, { data: Buffer.from(text, 'utf8'), mode: item.mode ?? mode });
  }
  return files;
}
