import type { ObjectReader } from '../cache/reader.ts';
import type { StorageHook } from '../core.ts';
import type { ApiServerOptions } from '../options.ts';

export function serviceHook(_reader: ObjectReader, _options: ApiServerOptions): StorageHook {
  return {};
}
