/** The order of versions (apimachinery's CompareKubeAwareVersionStrings): `v2`, `v1`, `v1beta1`, `v1alpha1`, and then what follows no rule, by the alphabet. */
const stages = ['alpha', 'beta', ''];

function ranksOf(version: string): readonly [stage: number, major: number, minor: number] | undefined {
  const parts = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  return parts === null ? undefined : [stages.indexOf(parts[2] ?? ''), Number(parts[1]), Number(parts[3] ?? 0)];
}

/** Negative: `a` comes first, which is to say that clients should prefer it. */
export function compareVersions(a: string, b: string): number {
  const left = ranksOf(a);
  const right = ranksOf(b);
  if (left === undefined || right === undefined) return left === right ? (a < b ? -1 : Number(a > b)) : left === undefined ? 1 : -1;
  return right[0] - left[0] || right[1] - left[1] || right[2] - left[2];
}

/** Versions of a definition in the order in which clients should prefer them. */
export const inOrder = <T extends { readonly name?: string | undefined }>(versions: readonly T[]): T[] => versions.toSorted((a, b) => compareVersions(a.name ?? '', b.name ?? ''));

interface Version { readonly name?: string | undefined; readonly served?: boolean | undefined; readonly deprecated?: boolean | undefined; readonly deprecationWarning?: string | undefined }

/** What whoever uses a version is warned of; undefined for one that is not deprecated. */
export function deprecationOf({ name = '', deprecated = false, deprecationWarning }: Version, { group, kind, versions }: { readonly group: string; readonly kind: string; readonly versions: readonly Version[] }): string | undefined {
  if (!deprecated) return undefined;
  if (deprecationWarning !== undefined) return deprecationWarning;
  const better = inOrder(versions).find((other) => other.served === true && other.deprecated !== true && compareVersions(other.name ?? '', name) < 0);
  return `${group}/${name} ${kind} is deprecated${better === undefined ? '' : `; use ${group}/${better.name ?? ''} ${kind}`}`;
}
