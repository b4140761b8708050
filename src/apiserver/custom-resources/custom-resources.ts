import type { CompiledDefinition } from '../../api/custom-resources/compiled.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import type { Core } from '../core.ts';
import type { Storage } from '../served-resources.ts';
import { ServedDefinition } from './definition.ts';
import type { DefinitionFacts } from './facts.ts';

export type Compile = (definition: CustomResourceDefinition) => Promise<CompiledDefinition>;

/**
 * Serves what CustomResourceDefinitions define, from one request to the next. Of those that nobody uses it knows the names alone.
 */
export class CustomResources {
  readonly #core: Core;
  readonly #definitions: Storage;
  readonly #compile: Compile;
  readonly #served = new Map<string, ServedDefinition>();

  /** `definitions`: where CustomResourceDefinitions are stored. */
  constructor(core: Core, definitions: Storage, compile: Compile) {
    this.#core = core;
    this.#definitions = definitions;
    this.#compile = compile;
  }

  /** Serves a definition as it stands now; undefined: it is gone. */
  update(name: string, facts: DefinitionFacts | undefined): void {
    const before = this.#served.get(name);
    if (facts?.established !== true) {
      if (before !== undefined) this.#stop(name, before);
      return;
    }
    const goesOn = before !== undefined && isSame(before.facts, facts);
    if (goesOn && before.facts.terminating === facts.terminating) return;
    const { group, names: { plural } } = facts;
    const definition = new ServedDefinition({
      webhooks: this.#core.webhooks, clock: this.#core.clock, conversionMetrics: this.#core.conversionMetrics, random: this.#core.random, logger: this.#core.logger, compile: this.#compile,
      cache: this.#core.cache.resource(group, plural),
      definition: () => this.#definitions.cache.get(name)?.object as CustomResourceDefinition | undefined,
    }, facts, goesOn ? before : undefined);
    if (!this.#core.resources.setCustom(group, plural, definition.served)) return;
    this.#served.set(name, definition);
    before?.replaceBy(definition);
    // Whoever watches has seen objects as they were shown until now.
    if (before !== undefined && !goesOn) before.served.home.storage.cache.close();
  }

  #stop(name: string, { facts, served }: ServedDefinition): void {
    this.#served.delete(name);
    this.#core.resources.setCustom(facts.group, facts.names.plural, undefined);
    served.home.storage.cache.close();
    this.#core.cache.forget(facts.group, facts.names.plural);
  }

  /** What is served of a definition; undefined while it is not. */
  of(name: string): ServedDefinition | undefined {
    return this.#served.get(name);
  }
}

/** Do both serve the same? The status may differ in what serving does not look at. */
function isSame(a: DefinitionFacts, b: DefinitionFacts): boolean {
  return a.uid === b.uid && a.generation === b.generation && semanticEqual(a.names, b.names);
}

