import { KubectlError } from '../errors.ts';
import type { BuiltinContext } from './builtins.ts';
import { generators, transformers } from './builtins.ts';
import type { Origin } from './origin.ts';
import type { Resource } from './resource.ts';
import { currentId, idText, originalId } from './resource.ts';
import type { GeneratorRun, Transformer } from './transformer.ts';

/** A plugin, with where its configuration is. */
export interface Configured<T> { readonly run: T; readonly origin: Origin | undefined }

function originOf({ object, origin }: Resource): Origin | undefined {
  if (origin === undefined) return undefined;
  const { name = '', namespace = '' } = object.metadata ?? {};
  return { ...(origin.repo !== undefined && { repo: origin.repo }), ...(origin.ref !== undefined && { ref: origin.ref }), configuredIn: origin.path ?? '', configuredBy: { apiVersion: object.apiVersion ?? '', kind: object.kind ?? '', name, namespace } };
}

async function plugin<T>(one: Resource, make: (kind: string) => Promise<T> | T | undefined): Promise<T> {
  const { kind } = originalId(one);
  if (one.object.apiVersion !== 'builtin') throw new KubectlError(`external plugins disabled; unable to load external plugin '${kind}'`);
  let made: T | undefined;
  try {
    made = await make(kind);
  } catch (error) {
    throw new KubectlError(`plugin ${idText(originalId(one))} fails configuration: ${(error as Error).message}`, { cause: error });
  }
  if (made === undefined) throw new KubectlError(`unable to load builtin ${idText({ ...currentId(one) }).split('/')[0]!}`);
  return made;
}

/** The transformers that configurations mean; only builtin ones are run. */
export async function configuredTransformers(context: BuiltinContext, configurations: readonly Resource[]): Promise<Configured<Transformer>[]> {
  const all: Configured<Transformer>[] = [];
  for (const one of configurations) {
    const run = await plugin(one, (kind) => (transformers[kind] ?? (generators[kind] === undefined ? undefined : () => { throw new KubectlError(`plugin ${idText(originalId(one))} not a transformer`); }))?.(context, one.object));
    all.push({ run, origin: originOf(one) });
  }
  return all;
}

/** The generators that configurations mean. */
export async function configuredGenerators(context: BuiltinContext, configurations: readonly Resource[]): Promise<Configured<GeneratorRun>[]> {
  const all: Configured<GeneratorRun>[] = [];
  for (const one of configurations) {
    try {
      all.push({ run: await plugin(one, (kind) => generators[kind]?.(context, one.object)), origin: originOf(one) });
    } catch (error) {
      throw new KubectlError(`failed to load generator: ${(error as Error).message}`, { cause: error });
    }
  }
  return all;
}
