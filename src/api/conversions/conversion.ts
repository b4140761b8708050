import type { KubeObject } from '../meta/object.ts';
import { apiVersionOf } from '../resource-type.ts';
import type { ResourceSchema } from '../schema/schema.ts';
import type { VersionRules } from './version-rules.ts';

/** Both ways between a served version and the stored one. Neither changes its argument. */
export interface Conversion extends Pick<VersionRules, 'applyDefaults' | 'defaultPropagation' | 'allows'> {
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
}

type Named = Pick<ResourceSchema, 'group' | 'version' | 'kind'>;

/** Undefined when served and stored version are the same. Versions that differ in name alone swap their apiVersion. */
export function conversionBetween(served: Named, stored: Named, rules: VersionRules = {}): Conversion | undefined {
  if (served.group === stored.group && served.version === stored.version) return undefined;
  const servedVersion = apiVersionOf(served);
  const storedVersion = apiVersionOf(stored);
  const { toStored, fromStored } = rules;
  return {
    ...rules,
    toStored: (object) => ({ ...(toStored === undefined ? object : toStored(object)), apiVersion: storedVersion, kind: stored.kind }),
    fromStored: (object) => ({ ...(fromStored === undefined ? object : fromStored(object)), apiVersion: servedVersion, kind: served.kind }),
  };
}
