/** Checks of what confines a pod's processes: AppArmor, SELinux, seccomp, /proc, Windows host processes. */
import type { SELinuxOptions } from '../types/core/v1.ts';
import type { Check } from './check.ts';
import { allContainers, containersNamed, containersWhere, joinQuoted, plural, setters, sorted } from './check.ts';

const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/';

export const appArmorProfile: Check = ({ annotations = {} }, spec) => {
  const bad = (type: string | undefined): boolean => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const podType = spec.securityContext?.appArmorProfile?.type;
  const containers = containersWhere(spec, (context) => bad(context?.appArmorProfile?.type));
  const types = sorted([podType, ...allContainers(spec).map(({ securityContext }) => securityContext?.appArmorProfile?.type)].filter(bad) as string[]);
  const told = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(appArmorAnnotation) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`).sort();
  const who = [setters(bad(podType), containers), ...(told.length > 0 ? [plural('annotation', 'annotations', told.length)] : [])].filter((one) => one !== '').join(' and ');
  if (who === '') return undefined;
  const values = [...types, ...told];
  return { reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length), detail: `${who} must not set AppArmor profile type to ${joinQuoted(values)}` };
};

const types10 = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

/** The SELinux types that were allowed, by the version from which on. */
export const allowedSeLinuxTypes = { 0: types10, 31: [...types10, 'container_engine_t'] } as const;

export const seLinuxOptions = (allowed: readonly string[]): Check => (_metadata, spec) => {
  const bad = (options: SELinuxOptions | undefined): boolean => options !== undefined && (!allowed.includes(options.type ?? '') || (options.user ?? '') !== '' || (options.role ?? '') !== '');
  const podOptions = spec.securityContext?.seLinuxOptions;
  const containers = containersWhere(spec, (context) => bad(context?.seLinuxOptions));
  const who = setters(bad(podOptions), containers);
  if (who === '') return undefined;
  const all = [podOptions, ...allContainers(spec).map(({ securityContext }) => securityContext?.seLinuxOptions)].filter((one) => one !== undefined);
  const types = sorted(all.map(({ type = '' }) => type).filter((type) => !allowed.includes(type)));
  const data = [
    ...(types.length > 0 ? [`${plural('type', 'types', types.length)} ${joinQuoted(types)}`] : []),
    ...(all.some(({ user = '' }) => user !== '') ? ['user may not be set'] : []),
    ...(all.some(({ role = '' }) => role !== '') ? ['role may not be set'] : []),
  ];
  return { reason: 'seLinuxOptions', detail: `${who} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}` };
};

const podAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const containerAnnotation = 'container.seccomp.security.alpha.kubernetes.io/';

/** Up to v1.18 seccomp was a matter of annotations. */
export const seccompAnnotations: Check = ({ annotations = {} }, spec) => {
  const allowed = (value: string): boolean => value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
  const keys = [podAnnotation, ...allContainers(spec).map(({ name }) => containerAnnotation + name)];
  const forbidden = sorted(keys.filter((key) => annotations[key] !== undefined && !allowed(annotations[key])).map((key) => `${key}=${JSON.stringify(annotations[key])}`));
  return forbidden.length === 0 ? undefined : { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', 'annotations', forbidden.length)} ${forbidden.join(', ')}` };
};

const validSeccomp = (type: string): boolean => type === 'Localhost' || type === 'RuntimeDefault';
const badSeccomp = (type: string | undefined): boolean => type !== undefined && !validSeccomp(type);

export const seccompBaseline: Check = (_metadata, spec) => {
  const podType = spec.securityContext?.seccompProfile?.type;
  const who = setters(badSeccomp(podType), containersWhere(spec, (context) => badSeccomp(context?.seccompProfile?.type)));
  if (who === '') return undefined;
  const values = sorted([podType, ...allContainers(spec).map(({ securityContext }) => securityContext?.seccompProfile?.type)].filter(badSeccomp) as string[]);
  return { reason: 'seccompProfile', detail: `${who} must not set securityContext.seccompProfile.type to ${joinQuoted(values)}` };
};

export const seccompRestricted: Check = (metadata, spec) => {
  const explicit = seccompBaseline(metadata, spec);
  if (explicit !== undefined) return explicit;
  if (spec.securityContext?.seccompProfile !== undefined) return undefined;
  const without = containersWhere(spec, (context) => context?.seccompProfile === undefined);
  return without.length === 0 ? undefined : { reason: 'seccompProfile', detail: `pod or ${containersNamed(without)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` };
};

export const procMount: Check = (_metadata, spec) => {
  const bad = (type: string | undefined): boolean => type !== undefined && type !== 'Default';
  const containers = containersWhere(spec, (context) => bad(context?.procMount));
  if (containers.length === 0) return undefined;
  const types = sorted(allContainers(spec).map(({ securityContext }) => securityContext?.procMount).filter(bad) as string[]);
  return { reason: 'procMount', detail: `${containersNamed(containers)} must not set securityContext.procMount to ${joinQuoted(types)}` };
};

export const windowsHostProcess: Check = (_metadata, spec) => {
  const who = setters(spec.securityContext?.windowsOptions?.hostProcess === true, containersWhere(spec, (context) => context?.windowsOptions?.hostProcess === true));
  return who === '' ? undefined : { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
};
