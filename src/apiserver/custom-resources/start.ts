import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import type { Core } from '../core.ts';
import { CustomResources } from './custom-resources.ts';
import { factsOf } from './facts.ts';
import { DefinitionLifecycle } from './lifecycle.ts';

const group = 'apiextensions.k8s.io';

/** Serves custom resources from now on: what is defined already is served when this returns. Answers how to stop. */
export function startCustomResources(core: Core): () => void {
  const home = core.resources.stored(group, 'customresourcedefinitions');
  if (home === undefined) return () => {};
  const { cache } = home.storage;
  const served = new CustomResources(core, home.storage, async (definition) => (await import('../../api/custom-resources/compile-definition.ts')).compileDefinition(definition, core.ruleMetrics));
  const lifecycle = new DefinitionLifecycle(core, home, served);
  cache.scan('', undefined, (object) => {
    // A copy, which nothing keeps: what is shared is frozen first, and that costs more than reading it.
    const definition = object.copy() as CustomResourceDefinition;
    served.update(object.name, factsOf(definition, object.revision));
    lifecycle.observe(object.name, definition);
    return true;
  });
  const unfollow = cache.onChange(({ type, object }) => {
    const definition = type === 'DELETED' ? undefined : (object.object as CustomResourceDefinition);
    served.update(object.name, definition && factsOf(definition, object.revision));
    lifecycle.observe(object.name, definition);
  });
  return () => {
    unfollow();
    lifecycle[Symbol.dispose]();
  };
}
