import { keyOf } from '../../../api/meta/object.ts';
import { pods } from '../../../api/resources.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';

/** The pods that are bound to each node. */
export class PodsByNode {
  readonly #reader: ObjectReader;
  readonly #byNode = new Map<string, Map<string, Pod>>();
  readonly #undo: () => void;
  #built = false;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
    this.#undo = reader.onChange(pods, ({ object, previous }) => {
      if (!this.#built) return;
      if (previous !== undefined) this.#remove(previous);
      if (object !== undefined) this.#add(object);
    });
  }

  [Symbol.dispose](): void {
    this.#undo();
  }

  of(nodeName: string): Iterable<Pod> {
    if (!this.#built) {
      this.#built = true;
      for (const pod of this.#reader.list(pods)) this.#add(pod);
    }
    return this.#byNode.get(nodeName)?.values() ?? [];
  }

  #add(pod: Pod): void {
    const nodeName = pod.spec?.nodeName ?? '';
    if (nodeName === '') return;
    const bound = this.#byNode.get(nodeName);
    if (bound === undefined) this.#byNode.set(nodeName, new Map([[keyOf(pod), pod]]));
    else bound.set(keyOf(pod), pod);
  }

  #remove(pod: Pod): void {
    const nodeName = pod.spec?.nodeName ?? '';
    const bound = this.#byNode.get(nodeName);
    bound?.delete(keyOf(pod));
    if (bound?.size === 0) this.#byNode.delete(nodeName);
  }
}
