/** Annotations that Kubernetes reads, and fields that must agree with them. */
import { forbidden, invalid } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import type { Toleration } from '../../types/core/v1.ts';
import type { Errors, LooseMeta, LooseSpec } from './rules.ts';
import { addDescendingPath, visitContainers } from './rules.ts';
import { validateTolerations } from './validate-scheduling.ts';

export const mirrorPodKey = 'kubernetes.io/config.mirror';
export const seccompPodKey = 'seccomp.security.alpha.kubernetes.io/pod';
export const seccompContainerPrefix = 'container.seccomp.security.alpha.kubernetes.io/';
export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';
const tolerationsKey = 'scheduler.alpha.kubernetes.io/tolerations';
const deletionCostKey = 'controller.kubernetes.io/pod-deletion-cost';
const localhostPrefix = 'localhost/';
const runtimeDefault = 'runtime/default';

type Annotations = Readonly<Record<string, string>>;

function validateTolerationsAnnotation(text: string, path: string, errors: Errors): void {
  try {
    const tolerations = JSON.parse(text) as Loose<Toleration>[];
    if (Array.isArray(tolerations)) validateTolerations(tolerations, `${path}.${tolerationsKey}`, errors);
  } catch (error) {
    errors.push(invalid(path, tolerationsKey, error instanceof Error ? error.message : String(error)));
  }
}

function validateDeletionCost(text: string, path: string, errors: Errors): void {
  const good = /^(0|-?[1-9][0-9]*)$/.test(text) && Math.abs(Number(text)) <= 2 ** 31 && Number(text) !== 2 ** 31;
  if (!good) errors.push(invalid(`${path}[${deletionCostKey}]`, text, 'must be a 32bit integer'));
}

function validateSeccompProfile(profile: string, path: string, errors: Errors): void {
  if (profile === runtimeDefault || profile === 'docker/default' || profile === 'unconfined') return;
  if (profile.startsWith(localhostPrefix)) addDescendingPath(errors, path, profile.slice(localhostPrefix.length));
  else errors.push(invalid(path, profile, 'must be a valid seccomp profile'));
}

function validateAppArmorAnnotation(key: string, profile: string, spec: LooseSpec, path: string, errors: Errors): void {
  const name = key.slice(appArmorPrefix.length);
  let found = false;
  visitContainers(spec, '', (container) => { found ||= container.name === name; });
  if (!found) errors.push(invalid(`${path}[${key}]`, name, 'container not found'));
  if (profile === '' || profile === runtimeDefault || profile === 'unconfined' || profile.startsWith(localhostPrefix)) return;
  errors.push(invalid(`${path}[${key}]`, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`));
}

/** The annotations of a pod or a template; `path` is that of the map. */
export function validatePodAnnotations(annotations: Annotations | undefined, spec: LooseSpec, path: string, errors: Errors): void {
  if (annotations === undefined) return;
  for (const key in annotations) {
    const value = annotations[key]!;
    if (key === mirrorPodKey) {
      if ((spec.nodeName ?? '') === '') errors.push(invalid(`${path}[${key}]`, value, 'must set spec.nodeName if mirror pod annotation is set'));
    } else if (key === tolerationsKey) {
      if (value !== '') validateTolerationsAnnotation(value, path, errors);
    } else if (key === deletionCostKey) {
      validateDeletionCost(value, path, errors);
    } else if (key === seccompPodKey || key.startsWith(seccompContainerPrefix)) {
      validateSeccompProfile(value, `${path}.${key}`, errors);
    } else if (key.startsWith(appArmorPrefix)) {
      validateAppArmorAnnotation(key, value, spec, path, errors);
    }
  }
}

/** What an update may not do to a pod's annotations. */
export function validateAnnotationUpdate(meta: LooseMeta, old: LooseMeta, path: string, errors: Errors): void {
  const { annotations = {} } = meta;
  const { annotations: before = {} } = old;
  for (const key in before) {
    if (annotations[key] === before[key]) continue;
    if (key.startsWith(appArmorPrefix)) errors.push(forbidden(`${path}[${key}]`, 'may not remove or update AppArmor annotations'));
    if (key === mirrorPodKey) errors.push(forbidden(`${path}[${key}]`, 'may not remove or update mirror pod annotation'));
  }
  for (const key in annotations) {
    if (Object.hasOwn(before, key)) continue;
    if (key.startsWith(appArmorPrefix)) errors.push(forbidden(`${path}[${key}]`, 'may not add AppArmor annotations'));
    if (key === mirrorPodKey) errors.push(forbidden(`${path}[${key}]`, 'may not add mirror pod annotation'));
  }
}

interface Profile { readonly type?: string | undefined; readonly localhostProfile?: string | undefined }

function validateMatch(kind: 'seccomp' | 'apparmor', annotation: string, profile: Profile, path: string, errors: Errors): void {
  const wrongType = forbidden(`${path}.type`, `${kind} type in annotation and field must match`);
  if (profile.type === 'Unconfined') {
    if (annotation !== 'unconfined') errors.push(wrongType);
  } else if (profile.type === 'RuntimeDefault') {
    if (annotation !== runtimeDefault && (kind === 'apparmor' || annotation !== 'docker/default')) errors.push(wrongType);
  } else if (profile.type === 'Localhost') {
    if (!annotation.startsWith(localhostPrefix)) errors.push(wrongType);
    else if (annotation.slice(localhostPrefix.length) !== profile.localhostProfile) errors.push(forbidden(`${path}.localhostProfile`, `${kind} profile in annotation and field must match`));
  }
}

/** Old annotations and the fields that took their place may not contradict one another; `path` is that of the spec. */
export function validateAnnotationsMatchFields(annotations: Annotations | undefined, spec: LooseSpec, path: string, errors: Errors): void {
  if (annotations === undefined) return;
  let relevant = false;
  for (const key in annotations) relevant ||= key === seccompPodKey || key.startsWith(seccompContainerPrefix) || key.startsWith(appArmorPrefix);
  if (!relevant) return;
  const { securityContext, os } = spec;
  const podSeccomp = annotations[seccompPodKey];
  if (podSeccomp !== undefined && securityContext?.seccompProfile !== undefined) validateMatch('seccomp', podSeccomp, securityContext.seccompProfile, `${path}.securityContext.seccompProfile`, errors);
  visitContainers(spec, path, (container, at) => {
    const { name = '' } = container;
    const seccomp = annotations[seccompContainerPrefix + name];
    const seccompProfile = container.securityContext?.seccompProfile;
    if (seccomp !== undefined && seccompProfile !== undefined) validateMatch('seccomp', seccomp, seccompProfile, `${at}.securityContext.seccompProfile`, errors);
    const appArmor = annotations[appArmorPrefix + name];
    const appArmorProfile = container.securityContext?.appArmorProfile ?? securityContext?.appArmorProfile;
    if (os?.name !== 'windows' && appArmor !== undefined && appArmorProfile !== undefined) validateMatch('apparmor', appArmor, appArmorProfile, `${at}.securityContext.appArmorProfile`, errors);
  });
}
