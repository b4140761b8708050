/**
 * Which API versions are served: kube-apiserver's `--runtime-config`. Later rules win: what upstream serves by
 * default, then `api/all`, `api/ga`, `api/beta` and `api/alpha`, then `group/version`, then `group/version/resource`.
 */
import type { ResourceSchema } from '../../api/schema/schema.ts';
import { servedByDefault } from '../../api/schema/table.ts';
import type { ConfigurationMap } from './configuration-map.ts';

/** Keys and values as they were given: `apps/v1beta1` -> `true`. An empty value means true. */
export type RuntimeConfig = ConfigurationMap;

/** What names many versions at once, in the order in which it is applied. */
const levels: readonly (readonly [key: string, versions: RegExp])[] = [
  ['api/all', /^/],
  ['api/ga', /^v\d+$/],
  ['api/beta', /^v\d+beta\d+$/],
  ['api/alpha', /^v\d+alpha\d+$/],
];
const levelKeys: ReadonlySet<string> = new Set(levels.map(([key]) => key));

const trueWords: ReadonlySet<string> = new Set(['', '1', 't', 'T', 'TRUE', 'true', 'True']);
const falseWords: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function isOn(config: RuntimeConfig, key: string): boolean {
  const value = config[key]!;
  if (trueWords.has(value)) return true;
  if (falseWords.has(value)) return false;
  throw new Error(`invalid value of ${key}: ${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
}

/** The `group/version` that a key is about; the core group is the empty one: `/v1`. */
const groupVersionOfKey = (key: string): string => key.split('/', 2).join('/');

const specificKeys = (config: RuntimeConfig): string[] => Object.keys(config).filter((key) => !levelKeys.has(key));

/** The groups and versions that the configuration names one by one and turns on, in whole or in part. */
export function namedVersions(config: RuntimeConfig): ReadonlySet<string> {
  return new Set(specificKeys(config).filter((key) => !falseWords.has(config[key]!)).map(groupVersionOfKey));
}

/**
 * Checks a configuration against the groups and versions that exist (`group/version`). Throws an Error worded as
 * kube-apiserver words it: for keys that are none, for groups and versions that are unknown, and for values.
 */
export function checkRuntimeConfig(config: RuntimeConfig, groupVersions: Iterable<string>): void {
  if (config['api/all'] === 'false' && Object.keys(config).length === 1) throw new Error('invalid runtime-config with only api/all=false');
  const known = new Set(groupVersions);
  const groups = new Set([...known].map((one) => one.slice(0, one.indexOf('/'))));
  const keys = specificKeys(config);
  for (const key of keys) {
    const parts = key.split('/').length;
    if (parts !== 2 && parts !== 3) throw new Error(`runtime-config invalid key ${key}`);
  }
  const unknown = new Set(keys.map(groupVersionOfKey).filter((one) => !groups.has(one.slice(0, one.indexOf('/')))));
  if (unknown.size > 0) throw new Error(`unknown api groups ${[...unknown].sort().join(',')}`);
  for (const [key] of levels) {
    const value = config[key];
    if (value !== undefined && value !== 'true' && value !== 'false') throw new Error(`invalid value ${key}=${value}`);
  }
  for (const key of keys) {
    const groupVersion = groupVersionOfKey(key);
    if (!known.has(groupVersion)) throw new Error(`group version ${groupVersion.replace(/^\//, '')} that has not been registered`);
    isOn(config, key);
    const resource = key.split('/')[2];
    if (resource !== undefined && resource !== resource.toLowerCase()) throw new Error(`invalid key ${key}: group/version/resource and resource is always lowercase plural, not ${JSON.stringify(resource)}`);
  }
}

/**
 * The resources that a checked configuration serves, in the order given. `isOlder` tells the resources that Kubernetes
 * v1.36 no longer has: only their own keys turn them on, `api/all` and `api/beta` mean what they mean upstream.
 */
export function servedResources(config: RuntimeConfig, known: readonly ResourceSchema[], isOlder: (resource: ResourceSchema) => boolean = () => false): readonly ResourceSchema[] {
  if (Object.keys(config).length === 0) return known.filter((resource) => servedByDefault(resource) && !isOlder(resource));
  return known.filter((resource) => {
    const version = `${resource.group}/${resource.version}`;
    const own = `${version}/${resource.resource}`;
    if (own in config) return isOn(config, own);
    if (version in config) return isOn(config, version);
    if (isOlder(resource)) return false;
    let on = servedByDefault(resource);
    for (const [key, versions] of levels) if (config[key] !== undefined && versions.test(resource.version)) on = config[key] === 'true';
    return on;
  });
}
