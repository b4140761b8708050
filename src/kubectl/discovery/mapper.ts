import { KubectlError } from '../errors.ts';
import type { ApiResource, Discovery } from './resource.ts';

/** Which resource a word, or an object's kind, stands for. */
export interface Mapper {
  readonly discovery: Discovery;
  /** For `po`, `pods`, `Pod`, `deployments.apps`, `deployments.v1.apps`. Asks the server anew before it says that there is none. */
  resource(word: string): Promise<ApiResource>;
  /** For an object's apiVersion and kind; undefined where the server has none. */
  kind(apiVersion: string, kind: string): Promise<ApiResource | undefined>;
  /** The resources of a category (`all`), or undefined when the word is none. */
  category(word: string): Promise<readonly ApiResource[] | undefined>;
  /** Asks the server anew. */
  refresh(): Promise<Discovery>;
}

interface Word { readonly resource: string; readonly group: string; readonly version: string }

/** How a word may be read: resource.version.group first, then resource.group. */
function readings(word: string): Word[] {
  const [resource, second, ...rest] = word.split('.');
  const found: Word[] = [];
  if (second !== undefined && rest.length > 0) found.push({ resource: resource!, version: second, group: rest.join('.') });
  found.push({ resource: resource!, version: '', group: [second, ...rest].filter((part) => part !== undefined).join('.') });
  return found;
}

/** The resources in the order in which they are preferred: groups as the server lists them, each with its preferred version first. */
export function inOrder({ groups, resources }: Discovery): readonly ApiResource[] {
  const rank = new Map(groups.flatMap(({ name, versions }, g) => versions.map((version, v) => [`${name}/${version}`, g * 1000 + v] as const)));
  const rankOf = ({ group, version }: ApiResource): number => rank.get(`${group}/${version}`) ?? Infinity;
  return [...resources].sort((a, b) => rankOf(a) - rankOf(b));
}

const first = (found: readonly ApiResource[], group: string): ApiResource | undefined => {
  if (group === '') return found[0];
  return found.find((one) => one.group === group) ?? found.find((one) => one.group.startsWith(group));
};

/** Finds what a word names in what a server has; undefined when nothing. */
export function lookUp(discovery: Discovery, word: string): ApiResource | undefined {
  const ordered = inOrder(discovery);
  for (const { resource, version, group } of readings(word)) {
    const candidates = version === '' ? ordered : ordered.filter((one) => one.version === version);
    const lower = resource.toLowerCase();
    const byShortName = candidates.filter(({ shortNames }) => shortNames.includes(lower));
    const byName = candidates.filter((one) => one.resource === lower || one.singular === lower);
    const found = first(byName, group) ?? first(byShortName, group);
    if (found !== undefined) return found;
  }
  for (const { resource, version, group } of readings(word)) {
    const found = ordered.find((one) => one.kind === resource && (version === '' || one.version === version) && (group === '' || one.group === group));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Words and kinds over what discovery said, which `fetch` asks for anew. `fresh`: it has just come from the server. */
export function createMapper(options: { readonly discovery: Discovery; readonly fresh: boolean; readonly fetch: () => Promise<Discovery> }): Mapper {
  let { discovery, fresh } = options;
  const refresh = async (): Promise<Discovery> => {
    discovery = await options.fetch();
    fresh = true;
    return discovery;
  };
  /** What was kept may be old: the server is asked once more before something is said not to exist. */
  const find = async <T>(look: (from: Discovery) => T | undefined): Promise<T | undefined> => {
    const found = look(discovery);
    return found !== undefined || fresh ? found : look(await refresh());
  };
  return {
    get discovery() { return discovery; },
    refresh,
    async resource(word) {
      const found = await find((from) => lookUp(from, word));
      if (found === undefined) throw new KubectlError(`the server doesn't have a resource type ${JSON.stringify(readings(word).at(-1)!.resource)}`);
      return found;
    },
    kind: (apiVersion, kind) => find(({ resources }) => resources.find((one) => one.kind === kind && (one.group === '' ? one.version : `${one.group}/${one.version}`) === apiVersion)),
    async category(word) {
      const members = inOrder(discovery).filter(({ categories, group, version, resource }, i, all) => categories.includes(word) && all.findIndex((other) => other.group === group && other.resource === resource) === i && version !== '');
      return members.length === 0 ? undefined : members;
    },
  };
}
