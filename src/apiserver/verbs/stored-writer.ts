import { StoredObject } from '../../api/codec/stored.ts';
import { assert } from '../../base/assert.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { keyOf } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import type { Core } from '../core.ts';
import type { ObjectWriter, ReplaceResult } from '../object-writer.ts';
import { put } from './store-object.ts';

/** ObjectWriter over the store. */
export class StoredWriter implements ObjectWriter {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  async replace<T extends KubeObject>(type: ResourceType<T>, object: T): Promise<ReplaceResult<T>> {
    const core = this.#core;
    const stored = core.resources.stored(type.group, type.resource);
    assert(stored?.schema.version === type.version, `${type.resource}.${type.group} is not stored as ${type.version}`);
    const result = await put(core, stored, keyOf(object), new StoredObject(object), Number(object.metadata.resourceVersion));
    if (result.ok) return { ok: true, object: result.object.object as T };
    return { ok: false, current: result.current?.object as T | undefined };
  }
}
