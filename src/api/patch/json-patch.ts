import { ApiError, badRequestError } from '../status.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { failureOf, malformation } from './json-patch-failure.ts';
import { setMember } from '../../base/json-value.ts';
import { goTypeOf, isJsonObject, jsonEqual } from './json-value.ts';

export const maxJsonPatchOperations = 10_000;

/** All `copy` operations together may add this much JSON text; a few of them could double a document over and over. */
const maxCopiedCharacters = 3 * 1024 * 1024;

export interface JsonPatchOptions {
  /** Array indexes below zero count from the end, as upstream's library allows and RFC 6902 does not. Default false. */
  readonly negativeIndexes?: boolean;
  /** What cannot be applied throws an Error that says which operation it was. Default: 422, which does not. */
  readonly explain?: boolean;
}

/** An operation that cannot be applied. Upstream does not show its message to the client. */
class PatchFailure extends Error {}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: JsonValue;
}

const decodePart = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

function splitPointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new PatchFailure(`jsonpatch pointer must start with /: ${pointer}`);
  return pointer.slice(1).split('/').map(decodePart);
}

/** One application of a patch to a document. */
class Application {
  root: JsonValue | undefined;
  readonly #negative: boolean;
  #copied = 0;

  constructor(document: JsonValue, options: JsonPatchOptions) {
    this.root = document;
    this.#negative = options.negativeIndexes === true;
  }

  #index(part: string, length: number): number {
    const pattern = this.#negative ? /^(?:0|-?[1-9][0-9]*)$/ : /^(?:0|[1-9][0-9]*)$/;
    if (!pattern.test(part)) throw new PatchFailure(`value was not a proper array index: ${part}`);
    const index = Number(part);
    return index < 0 ? index + length : index;
  }

  #child(container: JsonValue | undefined, part: string): JsonValue | undefined {
    if (Array.isArray(container)) return container[this.#index(part, container.length)];
    if (isJsonObject(container)) return Object.hasOwn(container, part) ? container[part] : undefined;
    return undefined;
  }

  #parent(parts: readonly string[]): JsonValue[] | JsonObject {
    let container: JsonValue | undefined = this.root;
    for (const part of parts.slice(0, -1)) container = this.#child(container, part);
    if (!Array.isArray(container) && !isJsonObject(container)) throw new PatchFailure('missing container');
    return container;
  }

  get(parts: readonly string[]): JsonValue | undefined {
    let value: JsonValue | undefined = this.root;
    for (const part of parts) value = this.#child(value, part);
    return value;
  }

  add(parts: readonly string[], value: JsonValue): void {
    const last = parts.at(-1);
    if (last === undefined) {
      this.root = value;
      return;
    }
    const parent = this.#parent(parts);
    if (!Array.isArray(parent)) {
      setMember(parent, last, value);
      return;
    }
    const index = last === '-' ? parent.length : this.#index(last, parent.length);
    if (index < 0 || index > parent.length) throw new PatchFailure('index out of range');
    parent.splice(index, 0, value);
  }

  remove(parts: readonly string[]): void {
    const last = parts.at(-1);
    if (last === undefined) {
      this.root = undefined;
      return;
    }
    const parent = this.#parent(parts);
    if (Array.isArray(parent)) {
      const index = this.#index(last, parent.length);
      if (index < 0 || index >= parent.length) throw new PatchFailure('index out of range');
      parent.splice(index, 1);
    } else {
      if (!Object.hasOwn(parent, last)) throw new PatchFailure('unable to remove nonexistent key');
      delete parent[last];
    }
  }

  replace(parts: readonly string[], value: JsonValue): void {
    const last = parts.at(-1);
    if (last === undefined) {
      this.root = value;
      return;
    }
    const parent = this.#parent(parts);
    if (this.#child(parent, last) === undefined) throw new PatchFailure('missing key');
    if (Array.isArray(parent)) parent[this.#index(last, parent.length)] = value;
    else setMember(parent, last, value);
  }

  #required(parts: readonly string[]): JsonValue {
    const value = this.get(parts);
    if (value === undefined) throw new PatchFailure('missing value');
    return value;
  }

  #from(operation: Operation): string[] {
    if (operation.from === undefined) throw new PatchFailure('missing from');
    return splitPointer(operation.from);
  }

  #valueOf(operation: Operation): JsonValue {
    if (operation.value === undefined) throw new PatchFailure('missing value');
    return structuredClone(operation.value);
  }

  apply(operation: Operation): void {
    const parts = splitPointer(operation.path);
    switch (operation.op) {
      case 'add': this.add(parts, this.#valueOf(operation)); return;
      case 'remove': this.remove(parts); return;
      case 'replace': this.replace(parts, this.#valueOf(operation)); return;
      case 'move': {
        const from = this.#from(operation);
        const value = this.#required(from);
        if (parts.length > from.length && from.every((part, i) => part === parts[i])) throw new PatchFailure('cannot move a value into itself');
        this.remove(from);
        this.add(parts, value);
        return;
      }
      case 'copy': {
        const value = this.#required(this.#from(operation));
        this.#copied += JSON.stringify(value).length;
        if (this.#copied > maxCopiedCharacters) throw new PatchFailure('copies grow the document too much');
        this.add(parts, structuredClone(value));
        return;
      }
      case 'test': {
        if (operation.value === undefined) throw new PatchFailure('missing value');
        if (!jsonEqual(this.get(parts) ?? null, operation.value)) throw new PatchFailure('test failed');
        return;
      }
      default: throw new PatchFailure(`unexpected kind: ${operation.op}`);
    }
  }
}

/** Checks the shape of a patch: 400 for what is no list of operations, 413 for too many. */
function operationsOf(patch: unknown, { explain }: { readonly explain: boolean }): Operation[] {
  if (!Array.isArray(patch)) throw badRequestError(`json: cannot unmarshal ${goTypeOf(patch)} into Go value of type jsonpatch.Patch`);
  if (patch.length > maxJsonPatchOperations) {
    throw new ApiError('RequestEntityTooLarge', `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`);
  }
  return patch.map((operation: unknown, i) => {
    if (!isJsonObject(operation)) throw explain ? new Error(`json: cannot unmarshal ${goTypeOf(operation)} into Go value of type jsonpatch.Patch.${i} of type jsonpatch.Operation`) : badRequestError(`json: cannot unmarshal ${goTypeOf(operation)} into Go value of type jsonpatch.Operation`);
    const wrong = explain ? malformation(operation) : undefined;
    if (wrong !== undefined) throw new Error(wrong);
    const { op, path, from } = operation;
    if (typeof op !== 'string' || typeof path !== 'string' || (from !== undefined && typeof from !== 'string')) throw unprocessable();
    return { op, path, ...(from !== undefined && { from }), ...(operation['value'] !== undefined && { value: operation['value'] }) };
  });
}

/** 422 as `errors.NewGenericServerResponse` words it: the client is not told which operation failed. */
export function unprocessable(): ApiError {
  return new ApiError('Invalid', 'the server rejected our request due to an error in our request', { details: {} });
}

/**
 * Applies a JSON Patch (RFC 6902) to a copy of the document. Throws ApiError: 400 when it is no patch, 413 past 10000
 * operations, 422 when an operation cannot be applied or a test fails.
 */
export function applyJsonPatch(document: unknown, patch: unknown, options: JsonPatchOptions = {}): unknown {
  const operations = operationsOf(patch, { explain: options.explain === true });
  const application = new Application(structuredClone(document) as JsonValue, options);
  for (const operation of operations) {
    try {
      application.apply(operation);
    } catch (error) {
      if (!(error instanceof PatchFailure)) throw error;
      throw options.explain === true ? new Error(failureOf(application.root, operation), { cause: error }) : unprocessable();
    }
  }
  return application.root;
}
