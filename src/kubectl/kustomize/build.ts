import type { Io } from '../io.ts';
import type { AnyObject } from '../resources/item.ts';
import { Accumulation } from './accumulation.ts';
import { hashNames } from './builtins.ts';
import { Folder } from './folder.ts';
import { inOrder } from './order.ts';
import { originAnnotation, originText, transformationsAnnotation, transformationsText } from './origin.ts';
import { fixReferences } from './references.ts';
import type { Resource } from './resource.ts';
import { resolveVariables } from './variables.ts';

export interface BuildOptions {
  /** `none`: as they come. */
  readonly reorder?: 'none' | 'legacy';
  readonly anywhere?: boolean;
  readonly managedByLabel?: boolean;
}

const localConfig = 'config.kubernetes.io/local-config';
const isLocal = ({ object }: Resource): boolean => {
  const says = object.metadata?.annotations?.[localConfig];
  return says !== undefined && says !== 'false';
};

/** The object as it is shown: with what the kustomization asks to be told of its making. */
function shown({ object, origin, transformations }: Resource, metadata: readonly string[]): AnyObject {
  const told = {
    ...(metadata.includes('originAnnotations') && origin !== undefined && { [originAnnotation]: originText(origin) }),
    ...(metadata.includes('transformerAnnotations') && transformations.length > 0 && { [transformationsAnnotation]: transformationsText(transformations) }),
  };
  const { annotations, ...rest } = object.metadata ?? {};
  const all = Object.fromEntries(Object.entries({ ...annotations, ...told }).map(([key, value]) => [key, String(value as unknown)]));
  return { ...object, metadata: { ...rest, ...(Object.keys(all).length > 0 && { annotations: all }) } };
}

/** The objects that the kustomization of a folder makes, in the order in which a cluster takes them. Throws KubectlError for what does not fit together. */
export async function buildKustomization(io: Io, path: string, options: BuildOptions = {}): Promise<AnyObject[]> {
  using folder = await Folder.open(path, { io, anywhere: options.anywhere === true });
  const { all, fields, variables, kustomization } = await Accumulation.of(io, folder);
  hashNames(all);
  fixReferences(all, fields.nameReference);
  resolveVariables(all, variables, fields.varReference);
  const kept = all.filter((one) => !isLocal(one));
  const { sortOptions, buildMetadata = [] } = kustomization;
  const ordered = inOrder(kept, sortOptions ?? { order: options.reorder === 'none' ? 'fifo' : 'legacy' });
  const labelled = options.managedByLabel === true || buildMetadata.includes('managedByLabel');
  return ordered.map((one) => {
    const object = shown(one, buildMetadata);
    return labelled ? { ...object, metadata: { ...object.metadata, labels: { ...object.metadata?.labels, 'app.kubernetes.io/managed-by': 'kustomize-v5.8.1' } } } : object;
  });
}

