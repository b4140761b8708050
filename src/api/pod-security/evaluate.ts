import type { PodSpec } from '../types/core/v1.ts';
import type { ObjectMeta } from '../types/meta/v1.ts';
import type { Check, Violation } from './check.ts';
import { exceptUserNamespaces, exceptWindows } from './check.ts';
import { allowedSeLinuxTypes, appArmorProfile, procMount, seccompAnnotations, seccompBaseline, seccompRestricted, seLinuxOptions, windowsHostProcess } from './confinement-checks.ts';
import { hostNamespaces, hostPathVolumes, hostPorts, hostProbes, restrictedVolumes, safeSysctls, sysctls } from './host-checks.ts';
import type { LevelVersion } from './policy.ts';
import { allowPrivilegeEscalation, capabilitiesBaseline, capabilitiesRestricted, privileged, runAsNonRoot, runAsUser } from './privilege-checks.ts';

/** A check under its identifier, with its forms by the minor version from which on each holds, oldest first. */
interface VersionedCheck {
  readonly id: string;
  readonly forms: readonly (readonly [since: number, check: Check])[];
  /** The baseline check whose place a restricted one takes. */
  readonly overrides?: string;
}

/** In order of identifier, as messages list them. */
const baseline: readonly VersionedCheck[] = [
  { id: 'appArmorProfile', forms: [[0, appArmorProfile]] },
  { id: 'capabilities_baseline', forms: [[0, capabilitiesBaseline]] },
  { id: 'hostNamespaces', forms: [[0, hostNamespaces]] },
  { id: 'hostPathVolumes', forms: [[0, hostPathVolumes]] },
  { id: 'hostPorts', forms: [[0, hostPorts]] },
  { id: 'hostProbesAndHostLifecycle', forms: [[34, hostProbes]] },
  { id: 'privileged', forms: [[0, privileged]] },
  { id: 'procMount', forms: [[0, procMount], [35, exceptUserNamespaces(procMount)]] },
  { id: 'seLinuxOptions', forms: [[0, seLinuxOptions(allowedSeLinuxTypes[0])], [31, seLinuxOptions(allowedSeLinuxTypes[31])]] },
  { id: 'seccompProfile_baseline', forms: [[0, seccompAnnotations], [19, seccompBaseline]] },
  { id: 'sysctls', forms: [[0, sysctls(safeSysctls[0])], [27, sysctls(safeSysctls[27])], [29, sysctls(safeSysctls[29])], [32, sysctls(safeSysctls[32])]] },
  { id: 'windowsHostProcess', forms: [[0, windowsHostProcess]] },
];

const restricted: readonly VersionedCheck[] = [
  { id: 'allowPrivilegeEscalation', forms: [[8, allowPrivilegeEscalation], [25, exceptWindows(allowPrivilegeEscalation)]] },
  { id: 'capabilities_restricted', overrides: 'capabilities_baseline', forms: [[22, capabilitiesRestricted], [25, exceptWindows(capabilitiesRestricted)]] },
  { id: 'procMount_restricted', overrides: 'procMount', forms: [[35, procMount]] },
  { id: 'restrictedVolumes', overrides: 'hostPathVolumes', forms: [[0, restrictedVolumes]] },
  { id: 'runAsNonRoot', forms: [[0, runAsNonRoot], [35, exceptUserNamespaces(runAsNonRoot)]] },
  { id: 'runAsUser', forms: [[23, runAsUser], [35, exceptUserNamespaces(runAsUser)]] },
  { id: 'seccompProfile_restricted', overrides: 'seccompProfile_baseline', forms: [[19, seccompRestricted], [25, exceptWindows(seccompRestricted)]] },
];

/** No check has changed since: later versions, and the latest, are the same as this. */
const newestMinor = Math.max(...[...baseline, ...restricted].flatMap(({ forms }) => forms.map(([since]) => since)));

const formAt = ({ forms }: VersionedCheck, minor: number): Check | undefined => forms.findLast(([since]) => since <= minor)?.[1];

const selected = new Map<string, readonly Check[]>();

/** The checks of a level at a version, in the order of their messages. */
function checksOf({ level, version }: LevelVersion): readonly Check[] {
  const minor = version === 'latest' ? newestMinor : Math.min(version, newestMinor);
  const key = `${level}:${minor}`;
  let checks = selected.get(key);
  if (checks === undefined) {
    const stricter = level === 'restricted' ? restricted.filter((check) => formAt(check, minor) !== undefined) : [];
    const overridden = new Set(stricter.map(({ overrides }) => overrides));
    checks = [...baseline.filter(({ id }) => !overridden.has(id)), ...stricter].flatMap((check) => formAt(check, minor) ?? []);
    selected.set(key, checks);
  }
  return checks;
}

/** What of a pod a level forbids; empty: nothing. */
export function evaluatePod(level: LevelVersion, metadata: ObjectMeta, spec: PodSpec): readonly Violation[] {
  if (level.level === 'privileged') return [];
  return checksOf(level).flatMap((check) => check(metadata, spec) ?? []);
}

/** `host namespaces (hostPID=true), privileged (container "c" must not …)`. */
export const describeViolations = (violations: readonly Violation[]): string => violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');

/** The same without details, for many pods at once. */
export const violationReasons = (violations: readonly Violation[]): string => violations.map(({ reason }) => reason).join(', ');
