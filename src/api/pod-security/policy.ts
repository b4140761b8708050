import type { FieldError } from '../field-error.ts';
import { invalid } from '../field-error.ts';

/** The Pod Security Standards, from no restriction to the strictest. */
export type Level = 'privileged' | 'baseline' | 'restricted';

const levels: readonly Level[] = ['privileged', 'baseline', 'restricted'];

/** A level as some minor version of Kubernetes defined it; `latest` moves on with the server. */
export interface LevelVersion {
  readonly level: Level;
  /** The minor version: 36 of v1.36. */
  readonly version: number | 'latest';
}

/** What a namespace holds its pods to. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const latestPrivileged: LevelVersion = { level: 'privileged', version: 'latest' };

/** What holds where nothing is said. */
export const privilegedPolicy: Policy = { enforce: latestPrivileged, audit: latestPrivileged, warn: latestPrivileged };

/** `baseline:v1.30`, `restricted:latest`. */
export const formatLevelVersion = ({ level, version }: LevelVersion): string => `${level}:${version === 'latest' ? version : `v1.${version}`}`;

export const sameLevelVersion = (a: LevelVersion, b: LevelVersion): boolean => a.level === b.level && a.version === b.version;

export const isStricter = (a: Level, b: Level): boolean => levels.indexOf(a) > levels.indexOf(b);

export const isFullyPrivileged = ({ enforce, audit, warn }: Policy): boolean => enforce.level === 'privileged' && audit.level === 'privileged' && warn.level === 'privileged';

/** What is wrong with the name of a level; undefined when it is one. */
export const levelError = (text: string): string | undefined => ((levels as readonly string[]).includes(text) ? undefined : `must be one of ${levels.join(', ')}`);

const minorVersion = /^v1\.([0-9]|[1-9][0-9]*)$/;

export const versionError = (text: string): string | undefined => (text === 'latest' || minorVersion.test(text) ? undefined : 'must be "latest" or "v1.x"');

/** The version that a text names; the latest where it names none. */
export function parseVersion(text: string): number | 'latest' {
  const minor = minorVersion.exec(text)?.[1];
  return minor === undefined ? 'latest' : Number(minor);
}

export const labelPrefix = 'pod-security.kubernetes.io/';

type Labels = Readonly<Record<string, string>>;
type Mode = keyof Policy;

/**
 * What a namespace's labels ask for. What cannot be read is an error, and enforced at its strictest, but neither
 * audited nor warned of. Who enforces a level and says nothing of warnings is warned by that level, too.
 */
export function policyFromLabels(labels: Labels = {}, defaults: Policy): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const read = (name: string, error: (text: string) => string | undefined): string | undefined => {
    const text = labels[labelPrefix + name];
    const wrong = text === undefined ? undefined : error(text);
    if (wrong !== undefined) errors.push(invalid(`metadata.labels[${labelPrefix}${name}]`, text, wrong));
    return text;
  };
  const modeOf = (mode: Mode): LevelVersion => {
    const level = read(mode, levelError);
    const version = read(`${mode}-version`, versionError);
    const unreadable: Level = mode === 'enforce' ? 'restricted' : 'privileged';
    return {
      level: level === undefined ? defaults[mode].level : levelError(level) === undefined ? (level as Level) : unreadable,
      version: version === undefined ? defaults[mode].version : parseVersion(version),
    };
  };
  const enforce = modeOf('enforce');
  const audit = modeOf('audit');
  let warn = modeOf('warn');
  const enforceLabel = labels[`${labelPrefix}enforce`];
  const enforces = enforceLabel !== undefined && levelError(enforceLabel) === undefined;
  if (labels[`${labelPrefix}warn`] === undefined && enforces && isStricter(enforce.level, warn.level)) {
    warn = { level: enforce.level, version: labels[`${labelPrefix}warn-version`] === undefined ? enforce.version : warn.version };
  }
  return { policy: { enforce, audit, warn }, errors };
}
