/** Who processes run as and what the kernel lets them do: the pod's security context and its containers'. */
import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, notSupported, required, tooLong } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { byteLength } from '../../meta/validation.ts';
import type { AppArmorProfile, PodSecurityContext, SeccompProfile, SecurityContext, Sysctl } from '../../types/core/v1.ts';
import type { Errors, LooseSpec } from './rules.ts';
import { addDescendingPath, addOptionalEnum } from './rules.ts';
import { validateWindowsOptions } from './validate-windows.ts';

const maxId = 2 ** 31 - 1;
const idMessage = `must be between 0 and ${maxId}, inclusive`;
const maxAppArmorProfileBytes = 4095;

/** A user or group id of Linux. */
export function addId(errors: Errors, path: string, id: number | undefined): void {
  if (id !== undefined && (id < 0 || id > maxId)) errors.push(invalid(path, id, idMessage));
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateSeccomp(profile: Loose<SeccompProfile> | undefined, path: string, errors: Errors): void {
  if (profile === undefined) return;
  const { type = '', localhostProfile } = profile;
  if (type === '') errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!profileTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, profileTypes));
  if (type === 'Localhost') {
    if (localhostProfile === undefined) errors.push(required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost'));
    else addDescendingPath(errors, `${path}.localhostProfile`, localhostProfile);
  } else if (localhostProfile !== undefined) {
    errors.push(invalid(`${path}.localhostProfile`, profile, 'can only be set when seccomp type is Localhost'));
  }
}

/** What is wrong with an AppArmor profile. */
export function appArmorErrors(profile: Loose<AppArmorProfile> | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const errors: FieldError[] = [];
  const { type = '', localhostProfile } = profile;
  if (type === 'Localhost') {
    const missing = required(`${path}.localhostProfile`, 'must be set when AppArmor type is Localhost');
    if (localhostProfile === undefined) return [missing];
    if (localhostProfile.trim() !== localhostProfile) errors.push(invalid(`${path}.localhostProfile`, localhostProfile, 'must not be padded with whitespace'));
    else if (localhostProfile === '') errors.push(missing);
    if (byteLength(localhostProfile) > maxAppArmorProfileBytes) errors.push(tooLong(`${path}.localhostProfile`, maxAppArmorProfileBytes));
  } else if (type === '') {
    errors.push(required(`${path}.type`, 'type is required when appArmorProfile is set'));
  } else if (!profileTypes.includes(type)) {
    errors.push(notSupported(`${path}.type`, type, profileTypes));
  } else if (localhostProfile !== undefined) {
    errors.push(invalid(`${path}.localhostProfile`, localhostProfile, 'can only be set when AppArmor type is Localhost'));
  }
  return errors;
}

/** The security context of one container. */
export function validateSecurityContext(context: Loose<SecurityContext> | undefined, path: string, hostUsers: boolean, errors: Errors): void {
  if (context === undefined) return;
  const { privileged, allowPrivilegeEscalation, procMount, capabilities } = context;
  addId(errors, `${path}.runAsUser`, context.runAsUser);
  addId(errors, `${path}.runAsGroup`, context.runAsGroup);
  if (procMount !== undefined) {
    addOptionalEnum(errors, `${path}.procMount`, procMount, ['Default', 'Unmasked']);
    if (hostUsers && procMount === 'Unmasked') errors.push(invalid(`${path}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  validateSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
  if (allowPrivilegeEscalation === false) {
    if (privileged === true) errors.push(invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    if (capabilities?.add?.includes('CAP_SYS_ADMIN')) errors.push(invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
  }
  if (context.windowsOptions !== undefined) validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`, errors);
  if (context.appArmorProfile !== undefined) errors.push(...appArmorErrors(context.appArmorProfile, `${path}.appArmorProfile`));
}

const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlFormat = `^(${sysctlSegment}[\\./])*${sysctlSegment}$`;
const sysctlRegex = new RegExp(sysctlFormat);
const maxSysctlLength = 253;

/** Slashes and dots may separate a sysctl's parts; the first separator says which (sysctl.d(5)). */
function sysctlNamespace(name: string): 'ipc' | 'net' | undefined {
  const slash = name.indexOf('/');
  const dot = name.indexOf('.');
  const dotted = slash >= 0 && (dot < 0 || slash < dot) ? name.replace(/[./]/g, (c) => (c === '.' ? '/' : '.')) : name;
  if (dotted === 'kernel.sem' || dotted.startsWith('kernel.shm') || dotted.startsWith('kernel.msg') || dotted.startsWith('fs.mqueue.')) return 'ipc';
  return dotted.startsWith('net.') ? 'net' : undefined;
}

function validateSysctls(sysctls: readonly Loose<Sysctl>[], spec: LooseSpec, path: string, errors: Errors): void {
  const seen = new Set<string>();
  sysctls.forEach(({ name = '' }, i) => {
    const at = `${path}[${i}].name`;
    if (name === '') errors.push(required(at));
    else if (name.length > maxSysctlLength || !sysctlRegex.test(name)) errors.push(invalid(at, name, `must have at most ${maxSysctlLength} characters and match regex ${sysctlFormat}`));
    else if (seen.has(name)) errors.push(duplicate(at, name));
    const namespace = sysctlNamespace(name);
    if (spec.hostNetwork === true && namespace === 'net') errors.push(invalid(at, name, "may not be specified when 'hostNetwork' is true"));
    else if (spec.hostIPC === true && namespace === 'ipc') errors.push(invalid(at, name, "may not be specified when 'hostIPC' is true"));
    seen.add(name);
  });
}

/** The security context of the pod. `path` is that of the context. */
export function validatePodSecurityContext(context: Loose<PodSecurityContext> | undefined, spec: LooseSpec, path: string, errors: Errors): void {
  if (context === undefined) return;
  addId(errors, `${path}.fsGroup`, context.fsGroup);
  addId(errors, `${path}.runAsUser`, context.runAsUser);
  addId(errors, `${path}.runAsGroup`, context.runAsGroup);
  context.supplementalGroups?.forEach((id, i) => addId(errors, `${path}.supplementalGroups[${i}]`, id));
  if (spec.shareProcessNamespace === true && spec.hostPID === true) errors.push(invalid(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  if (context.sysctls !== undefined) validateSysctls(context.sysctls, spec, `${path}.sysctls`, errors);
  addOptionalEnum(errors, `${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']);
  validateSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
  if (context.windowsOptions !== undefined) validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`, errors);
  if (context.appArmorProfile !== undefined) errors.push(...appArmorErrors(context.appArmorProfile, `${path}.appArmorProfile`));
  addOptionalEnum(errors, `${path}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']);
  addOptionalEnum(errors, `${path}.seLinuxChangePolicy`, context.seLinuxChangePolicy, ['MountOption', 'Recursive']);
}
