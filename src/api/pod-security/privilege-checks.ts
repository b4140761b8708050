/** Checks of what a pod's processes may do: privileges, capabilities, users. */
import type { Check } from './check.ts';
import { allContainers, containersNamed, containersWhere, joinQuoted, setters, sorted } from './check.ts';

export const privileged: Check = (_metadata, spec) => {
  const bad = containersWhere(spec, (context) => context?.privileged === true);
  return bad.length === 0 ? undefined : { reason: 'privileged', detail: `${containersNamed(bad)} must not set securityContext.privileged=true` };
};

export const allowPrivilegeEscalation: Check = (_metadata, spec) => {
  const bad = containersWhere(spec, (context) => context?.allowPrivilegeEscalation !== false);
  return bad.length === 0 ? undefined : { reason: 'allowPrivilegeEscalation != false', detail: `${containersNamed(bad)} must set securityContext.allowPrivilegeEscalation=false` };
};

const defaultCapabilities = new Set(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT']);

export const capabilitiesBaseline: Check = (_metadata, spec) => {
  const beyond = (capabilities: readonly string[] = []): string[] => capabilities.filter((one) => !defaultCapabilities.has(one));
  const bad = containersWhere(spec, (context) => beyond(context?.capabilities?.add).length > 0);
  if (bad.length === 0) return undefined;
  const added = sorted(allContainers(spec).flatMap(({ securityContext }) => beyond(securityContext?.capabilities?.add)));
  return { reason: 'non-default capabilities', detail: `${containersNamed(bad)} must not include ${joinQuoted(added)} in securityContext.capabilities.add` };
};

export const capabilitiesRestricted: Check = (_metadata, spec) => {
  const forbidden = (capabilities: readonly string[] = []): string[] => capabilities.filter((one) => one !== 'NET_BIND_SERVICE');
  const keeping = containersWhere(spec, (context) => context?.capabilities?.drop?.includes('ALL') !== true);
  const adding = containersWhere(spec, (context) => forbidden(context?.capabilities?.add).length > 0);
  const details: string[] = [];
  if (keeping.length > 0) details.push(`${containersNamed(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0) {
    const added = sorted(allContainers(spec).flatMap(({ securityContext }) => forbidden(securityContext?.capabilities?.add)));
    details.push(`${containersNamed(adding)} must not include ${joinQuoted(added)} in securityContext.capabilities.add`);
  }
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

export const runAsNonRoot: Check = (_metadata, spec) => {
  const reason = 'runAsNonRoot != true';
  const ofPod = spec.securityContext?.runAsNonRoot;
  const who = setters(ofPod === false, containersWhere(spec, (context) => context?.runAsNonRoot === false));
  if (who !== '') return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  if (ofPod === true) return undefined;
  const without = containersWhere(spec, (context) => context?.runAsNonRoot === undefined);
  return without.length === 0 ? undefined : { reason, detail: `pod or ${containersNamed(without)} must set securityContext.runAsNonRoot=true` };
};

export const runAsUser: Check = (_metadata, spec) => {
  const who = setters(spec.securityContext?.runAsUser === 0, containersWhere(spec, (context) => context?.runAsUser === 0));
  return who === '' ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
};
