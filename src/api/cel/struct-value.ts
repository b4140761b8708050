import { CelList, CelMap, ValueMap, type CelObject, type CelValue } from './runtime/values.ts';

/** What `Object.spec{…}` or `JSONPatch{…}` makes. */
export class StructValue extends ValueMap {
  override readonly typeName: string;
  constructor(typeName: string, fields: ReadonlyMap<string, CelValue>) {
    super(fields);
    this.typeName = typeName;
  }
  override equals(other: CelObject): boolean {
    return other instanceof StructValue && other.typeName === this.typeName && super.equals(other);
  }
}

/** Objects that do not stand where their types say: an `Object.spec` is the field `spec` of an `Object`. In upstream's words. */
export function misplacedTypes(value: CelValue, path: string): string[] {
  const errors: string[] = [];
  if (value instanceof StructValue) {
    if (value.typeName !== path) errors.push(`unexpected type name ${JSON.stringify(value.typeName)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`);
    for (const key of value.keys()) errors.push(...misplacedTypes(value.find(key) ?? null, `${path}.${String(key)}`));
  } else if (value instanceof CelList) {
    for (const item of value) errors.push(...misplacedTypes(item, path));
  } else if (value instanceof CelMap) {
    for (const key of value.keys()) errors.push(...misplacedTypes(value.find(key) ?? null, path));
  }
  return errors;
}
