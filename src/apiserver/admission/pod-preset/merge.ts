/** How pod presets are put into a pod: pure, and all or nothing. */
import type { PodPreset } from '../../../api/groups/settings/pod-preset.ts';
import { semanticEqual } from '../../../api/meta/equal.ts';
import type { Container, Pod } from '../../../api/types/core/v1.ts';

/** A preset that cannot be merged, and why. */
export interface MergeConflict { readonly preset: string; readonly message: string }

interface List<Item extends object> {
  readonly what: string;
  /** What makes two items the same one; each must be free, or taken by an equal item. */
  readonly keys: readonly { readonly name: string; of(item: Item): string }[];
  readonly where: string;
}

const byName = { name: '', of: ({ name }: { name: string }): string => name };
const envList: List<{ name: string }> = { what: 'env', keys: [byName], where: 'container' };
const volumeList: List<{ name: string }> = { what: 'volumes', keys: [byName], where: 'pod spec' };
const mountList: List<{ name: string; mountPath: string }> = { what: 'volume mounts', keys: [byName, { name: 'mount path ', of: ({ mountPath }) => mountPath }], where: 'container' };

function mergeList<Item extends object>(items: readonly Item[] | undefined, presets: readonly PodPreset[], pick: (preset: PodPreset) => readonly Item[] | undefined, list: List<Item>, conflicts: MergeConflict[]): Item[] | undefined {
  const merged = [...(items ?? [])];
  for (const preset of presets) {
    const name = preset.metadata.name ?? '';
    for (const item of pick(preset) ?? []) {
      let isNew = true;
      for (const key of list.keys) {
        const standing = merged.find((one) => key.of(one) === key.of(item));
        if (standing === undefined) continue;
        isNew = false;
        if (!semanticEqual(standing, item)) conflicts.push({ preset: name, message: `merging ${list.what} for ${name} has a conflict on ${key.name}${key.of(item)}: \n${JSON.stringify(item)}\ndoes not match\n${JSON.stringify(standing)}\n in ${list.where}` });
      }
      if (isNew) merged.push(structuredClone(item));
    }
  }
  return merged.length > 0 ? merged : undefined;
}

function mergeContainer(container: Container, presets: readonly PodPreset[], conflicts: MergeConflict[]): Container {
  const env = mergeList(container.env, presets, ({ spec }) => spec?.env, envList, conflicts);
  const volumeMounts = mergeList(container.volumeMounts, presets, ({ spec }) => spec?.volumeMounts, mountList, conflicts);
  const envFrom = [...(container.envFrom ?? []), ...structuredClone(presets.flatMap(({ spec }) => spec?.envFrom ?? []))];
  return { ...container, ...(env !== undefined && { env }), ...(envFrom.length > 0 && { envFrom }), ...(volumeMounts !== undefined && { volumeMounts }) };
}

/**
 * Puts presets into a pod, in place: environment and mounts into every container and init container, volumes beside
 * them. When anything is there already and is not the same, nothing at all is changed. Returns what stood in the way.
 */
export function mergePresets(pod: Pod, presets: readonly PodPreset[]): readonly MergeConflict[] {
  const { spec } = pod;
  if (spec === undefined) return [];
  const conflicts: MergeConflict[] = [];
  const volumes = mergeList(spec.volumes, presets, (preset) => preset.spec?.volumes, volumeList, conflicts);
  const containers = spec.containers.map((container) => mergeContainer(container, presets, conflicts));
  const initContainers = spec.initContainers?.map((container) => mergeContainer(container, presets, conflicts));
  if (conflicts.length > 0) return conflicts;
  if (volumes !== undefined) spec.volumes = volumes;
  spec.containers = containers;
  if (initContainers !== undefined) spec.initContainers = initContainers;
  return [];
}
