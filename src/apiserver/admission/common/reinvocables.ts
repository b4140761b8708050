import { semanticEqual } from '../../../api/meta/equal.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { Reinvocation } from '../admission.ts';

/**
 * Which of a plug-in's webhooks or policies are asked again, as upstream decides it: those that want to be and were
 * asked before something else changed the object, each only once.
 */
export class Reinvocables {
  #asked = new Set<string>();
  readonly #due = new Set<string>();
  #output: KubeObject | undefined;

  /** The plug-in's turn begins: what other plug-ins changed since its last one makes everything due. */
  begin(reinvocation: Reinvocation, object: KubeObject | undefined): void {
    if (reinvocation.active && !semanticEqual(this.#output, object)) this.requireAll();
  }

  end(object: KubeObject | undefined): void {
    this.#output = object === undefined ? undefined : structuredClone(object);
  }

  isDue(key: string): boolean {
    return this.#due.has(key);
  }

  add(key: string): void {
    this.#asked.add(key);
  }

  /** The object changed: whoever was asked so far is asked again. */
  requireAll(): void {
    for (const key of this.#asked) this.#due.add(key);
    this.#asked = new Set();
  }
}

/** What a plug-in remembers between both times. */
export function reinvocablesOf({ memory }: Reinvocation, plugin: string): Reinvocables {
  let known = memory.get(plugin);
  if (!(known instanceof Reinvocables)) memory.set(plugin, (known = new Reinvocables()));
  return known as Reinvocables;
}
