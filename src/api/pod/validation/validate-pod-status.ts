/** What a kubelet may report of a pod (upstream's ValidatePodStatusUpdate). */
import type { FieldError } from '../../field-error.ts';
import { duplicate, forbidden, invalid, notSupported } from '../../field-error.ts';
import { ipFamilyOf, validateIp } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { dns1123Subdomain, qualifiedName } from '../../meta/validation.ts';
import type { Container, ContainerStatus, Pod, PodCondition, PodResourceClaimStatus, ResourceStatus } from '../../types/core/v1.ts';
import type { Errors, LooseContainer, LooseSpec } from './rules.ts';
import { addInvalid, addNonNegative } from './rules.ts';
import { validateAnnotationUpdate, validatePodAnnotations } from './validate-annotations.ts';
import { addId } from './validate-security-context.ts';

type Statuses = readonly Loose<ContainerStatus>[] | undefined;

const systemConditions = new Set(['PodScheduled', 'Ready', 'Initialized']);
const healths = ['Healthy', 'Unhealthy', 'Unknown'];

function validateConditions(conditions: readonly Loose<PodCondition>[] | undefined, errors: Errors): void {
  conditions?.forEach(({ type = '', observedGeneration }, i) => {
    // Upstream's path is that of the metadata.
    if (!systemConditions.has(type)) addInvalid(errors, `metadata.conditions[${i}].Type`, type, qualifiedName(type));
    addNonNegative(errors, `status.conditions[${i}].observedGeneration`, observedGeneration);
  });
}

/** May a container that ended with this code run again? */
function mayRestart(container: Loose<Container> | undefined, podPolicy: string | undefined, exitCode: number): boolean {
  for (const { exitCodes } of container?.restartPolicyRules ?? []) {
    if (exitCodes !== undefined && (exitCodes.values ?? []).includes(exitCode) === (exitCodes.operator === 'In')) return true;
  }
  const policy = container?.restartPolicy ?? podPolicy;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** A container that ended for good stays ended. */
function validateTransitions(statuses: Statuses, old: Statuses, path: string, restarts: (name: string, exitCode: number) => boolean, errors: Errors): void {
  old?.forEach(({ name = '', state }, i) => {
    if (state?.terminated === undefined || restarts(name, state.terminated.exitCode ?? 0)) return;
    const revived = statuses?.some((one) => one.name === name && one.state?.terminated === undefined) === true;
    if (revived) errors.push(forbidden(`${path}[${i}].state`, 'may not be transitioned to non-terminated state'));
  });
}

function validateAllTransitions(pod: Loose<Pod>, old: Loose<Pod>, errors: Errors): void {
  const { restartPolicy, containers, initContainers } = old.spec ?? {};
  if (restartPolicy !== 'Always') {
    const restarts = (list: readonly LooseContainer[] | undefined) => (name: string, exitCode: number): boolean => mayRestart(list?.find((one) => one.name === name), restartPolicy, exitCode);
    validateTransitions(pod.status?.containerStatuses, old.status?.containerStatuses, 'status.containerStatuses', restarts(containers), errors);
    validateTransitions(pod.status?.initContainerStatuses, old.status?.initContainerStatuses, 'status.initContainerStatuses', restarts(initContainers), errors);
  }
  validateTransitions(pod.status?.ephemeralContainerStatuses, old.status?.ephemeralContainerStatuses, 'status.ephemeralContainerStatuses', () => false, errors);
}

function validateClaimStatuses(statuses: readonly Loose<PodResourceClaimStatus>[] | undefined, spec: LooseSpec, errors: Errors): void {
  const seen = new Set<string>();
  statuses?.forEach(({ name = '', resourceClaimName }, i) => {
    const path = `status.resourceClaimStatuses[${i}]`;
    const at = `${path}.name`;
    if (!spec.resourceClaims?.some((claim) => claim.name === name)) errors.push(invalid(at, name, 'must match the name of an entry in `spec.resourceClaims`'));
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    if (resourceClaimName !== undefined) addInvalid(errors, `${path}.resourceClaimName`, resourceClaimName, dns1123Subdomain(resourceClaimName));
  });
}

/** Well-formed addresses, one of each family at most. */
function validateAddresses(addresses: readonly { readonly ip?: string | undefined }[], path: string, errors: Errors): void {
  addresses.forEach(({ ip = '' }, i) => errors.push(...validateIp(`${path}[${i}]`, ip)));
  if (addresses.length < 2) return;
  const families = new Set(addresses.map(({ ip = '' }) => ipFamilyOf(ip)));
  if (families.size !== 2 || addresses.length > 2) errors.push(invalid(path, addresses, 'may specify no more than one IP for each IP family'));
  const seen = new Set<string>();
  addresses.forEach(({ ip = '' }, i) => {
    if (seen.has(ip)) errors.push(duplicate(`${path}[${i}]`, { IP: ip }));
    seen.add(ip);
  });
}

function validateUsers(statuses: Statuses, path: string, os: string | undefined, errors: Errors): void {
  statuses?.forEach(({ user }, i) => {
    const linux = user?.linux;
    if (linux === undefined) return;
    const at = `${path}[${i}].linux`;
    if (os === 'windows') return void errors.push(forbidden(at, 'cannot be set for a windows pod'));
    addId(errors, `${at}.uid`, linux.uid);
    addId(errors, `${at}.gid`, linux.gid);
    linux.supplementalGroups?.forEach((id, j) => addId(errors, `${at}.supplementalGroups[${j}]`, id));
  });
}

function validateResourceStatus(status: Loose<ResourceStatus>, container: LooseContainer | undefined, path: string, errors: Errors): void {
  const { name = '', resources } = status;
  if (container !== undefined) {
    const isClaim = name.startsWith('claim:');
    const known = isClaim
      ? container.resources?.claims?.some((claim) => name === `claim:${claim.name ?? ''}${(claim.request ?? '') === '' ? '' : `/${claim.request}`}`) === true
      : container.resources?.requests?.[name] !== undefined;
    if (!known) errors.push(invalid(`${path}.name`, name, isClaim ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty" : "must match one of the container's resource requests"));
  }
  const seen = new Set<string>();
  resources?.forEach(({ health = '', resourceID = '' }, i) => {
    if (!healths.includes(health)) errors.push(notSupported(`${path}.resources[${i}].health`, health, healths));
    if (seen.has(resourceID)) errors.push(duplicate(`${path}.resources[${i}].resourceID`, resourceID));
    seen.add(resourceID);
  });
}

function validateAllocated(statuses: Statuses, containers: readonly LooseContainer[] | undefined, path: string, errors: Errors): void {
  statuses?.forEach(({ name, allocatedResourcesStatus }, i) => {
    const container = containers?.find((one) => one.name === name);
    allocatedResourcesStatus?.forEach((one, j) => validateResourceStatus(one, container, `${path}[${i}].allocatedResourcesStatus[${j}]`, errors));
  });
}

/** Everything that is wrong with a pod's new status. */
export function validatePodStatusUpdate(pod: Loose<Pod>, old: Loose<Pod>): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata = {}, spec = {}, status = {} } = pod;
  const { status: oldStatus = {} } = old;
  validateAnnotationUpdate(metadata, old.metadata ?? {}, 'metadata.annotations', errors);
  validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations', errors);
  validateConditions(status.conditions, errors);
  addNonNegative(errors, 'status.observedGeneration', status.observedGeneration);
  if ((spec.nodeName ?? '') !== (old.spec?.nodeName ?? '')) errors.push(forbidden('status.nodeName', 'may not be changed directly'));
  const { nominatedNodeName = '' } = status;
  if (nominatedNodeName !== '' && nominatedNodeName !== oldStatus.nominatedNodeName) addInvalid(errors, 'status.nominatedNodeName', nominatedNodeName, dns1123Subdomain(nominatedNodeName));
  errors.push(...validateImmutable('status.qosClass', status.qosClass ?? '', oldStatus.qosClass ?? ''));
  validateAllTransitions(pod, old, errors);
  validateClaimStatuses(status.resourceClaimStatuses, spec, errors);
  if (status.podIPs !== undefined) validateAddresses(status.podIPs, 'status.podIPs', errors);
  if (status.hostIPs !== undefined && status.hostIPs.length > 0) {
    const first = status.hostIPs[0]?.ip ?? '';
    if ((status.hostIP ?? '') !== first) errors.push(invalid('status.hostIPs[0].ip', first, 'must be equal to `hostIP`'));
    validateAddresses(status.hostIPs, 'status.hostIPs', errors);
  }
  const os = spec.os?.name;
  for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const) validateUsers(status[list], `status.${list}`, os, errors);
  validateAllocated(status.containerStatuses, spec.containers, 'status.containerStatuses', errors);
  validateAllocated(status.initContainerStatuses, spec.initContainers, 'status.initContainerStatuses', errors);
  status.ephemeralContainerStatuses?.forEach(({ allocatedResourcesStatus = [] }, i) => {
    if (allocatedResourcesStatus.length > 0) errors.push(forbidden(`status.ephemeralContainerStatuses[${i}].allocatedResourcesStatus`, 'must not be specified in container status'));
  });
  return errors;
}
