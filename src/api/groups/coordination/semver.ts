/** A semantic version, as Go's `blang/semver` reads it: major, minor and patch, then what came before the release. */
export interface SemanticVersion {
  readonly numbers: readonly [number, number, number];
  /** Empty for a release. Numbers are numbers. */
  readonly preRelease: readonly (string | number)[];
}

const number = '(0|[1-9][0-9]*)';
const shape = new RegExp(`^${number}\\.${number}\\.${number}(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`);

/** Undefined for what is no semantic version. */
export function parseSemanticVersion(text: string): SemanticVersion | undefined {
  const parts = shape.exec(text);
  if (parts === null) return undefined;
  const preRelease = parts[4]?.split('.') ?? [];
  if (preRelease.some((part) => /^0[0-9]+$/.test(part))) return undefined;
  return { numbers: [Number(parts[1]), Number(parts[2]), Number(parts[3])], preRelease: preRelease.map((part) => (/^[0-9]+$/.test(part) ? Number(part) : part)) };
}

function comparePart(a: string | number | undefined, b: string | number | undefined): number {
  if (a === b) return 0;
  // The longer one is the later one, and a number comes before a word.
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : 1;
}

/** Negative, zero or positive, as `a` comes before `b`, with it or after it. */
export function compareSemanticVersions(a: SemanticVersion, b: SemanticVersion): number {
  for (let i = 0; i < 3; i++) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i]! - b.numbers[i]!;
  // What comes before a release is older than the release.
  if (a.preRelease.length === 0 || b.preRelease.length === 0) return b.preRelease.length - a.preRelease.length;
  for (let i = 0; i < Math.max(a.preRelease.length, b.preRelease.length); i++) {
    const order = comparePart(a.preRelease[i], b.preRelease[i]);
    if (order !== 0) return order;
  }
  return 0;
}
