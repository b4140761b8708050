import { CelMap, type CelValue } from './runtime/values.ts';

/** The value of `variables`: each is looked up when it is asked for. */
export class VariablesValue extends CelMap {
  override readonly typeName = 'kubernetes.variables';
  readonly #find: (name: string) => CelValue | undefined;
  constructor(find: (name: string) => CelValue | undefined) {
    super();
    this.#find = find;
  }
  /** It is never counted, or gone through. */
  override get length(): number {
    return 0;
  }
  override find(key: CelValue): CelValue | undefined {
    return typeof key === 'string' ? this.#find(key) : undefined;
  }
  override keys(): Iterable<CelValue> {
    return [];
  }
}
