import type { Resource } from './resource.ts';

/** Changes the resources of a kustomization: those in the list, and the list itself. Throws KubectlError in upstream's words. */
export type Transformer = (all: Resource[]) => void;

/** Makes resources. */
export type GeneratorRun = () => Promise<readonly Resource[]>;
