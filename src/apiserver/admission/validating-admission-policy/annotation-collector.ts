import type { AdmissionAttributes } from '../admission.ts';

/** Upstream's limit of one value, in bytes. */
const maxValueBytes = 10 * 1024;

/** Audit annotations of one policy: bindings with other parameters may say something else under the same key. */
export class AnnotationCollector {
  readonly #values = new Map<string, string[]>();

  add(key: string, value: string): void {
    const bytes = new TextEncoder().encode(value);
    const kept = bytes.length > maxValueBytes ? new TextDecoder().decode(bytes.subarray(0, maxValueBytes)) : value;
    const values = this.#values.get(key) ?? [];
    if (!values.includes(kept)) this.#values.set(key, [...values, kept]);
  }

  publish(policy: string, attributes: AdmissionAttributes): void {
    for (const [key, values] of this.#values) attributes.annotate?.(`${policy}/${key}`, values.join(', '));
  }
}
