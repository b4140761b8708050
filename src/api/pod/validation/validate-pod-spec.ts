/** The spec of a pod or of a template (upstream's ValidatePodSpec). */
import { duplicate, forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateIp } from '../../meta/ip.ts';
import { validateLabels } from '../../meta/object-meta.ts';
import { dns1123Label, dns1123Subdomain, dns1123SubdomainWithUnderscore, rangeMessage } from '../../meta/validation.ts';
import type { HostAlias, PodDNSConfig, PodResourceClaim } from '../../types/core/v1.ts';
import type { Errors, LooseSpec } from './rules.ts';
import { addEnum, addInvalid } from './rules.ts';
import { validateAffinity } from './validate-affinity.ts';
import type { PodParts } from './validate-container.ts';
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './validate-container.ts';
import { validatePodResources, validateResources } from './validate-resources.ts';
import { validateReadinessGates, validateSchedulingGates, validateTolerations, validateTopologySpread } from './validate-scheduling.ts';
import { validatePodSecurityContext } from './validate-security-context.ts';
import type { VolumeContext } from './validate-volumes.ts';
import { validateVolumes } from './validate-volumes.ts';
import { validateHostProcess, validateOs } from './validate-windows.ts';

const maxInt32 = 2 ** 31 - 1;
const maxNameservers = 3;
const maxSearchPaths = 32;
const maxSearchListLength = 2048;
const maxHostnameOverride = 64;

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const preemptionPolicies = ['PreemptLowerPriority', 'Never'];

function validateDns(config: Loose<PodDNSConfig> | undefined, policy: string | undefined, path: string, errors: Errors): void {
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  if (policy === 'None') {
    if (config === undefined) return void errors.push(required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
    if (nameservers.length === 0) return void errors.push(required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  }
  if (nameservers.length > maxNameservers) errors.push(invalid(`${path}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`));
  nameservers.forEach((one, i) => errors.push(...validateIp(`${path}.nameservers[${i}]`, one)));
  if (searches.length > maxSearchPaths) errors.push(invalid(`${path}.searches`, searches, `must not have more than ${maxSearchPaths} search paths`));
  if (searches.join(' ').length > maxSearchListLength) errors.push(invalid(`${path}.searches`, searches, `must not have more than ${maxSearchListLength} characters (including spaces) in the search list`));
  searches.forEach((search, i) => {
    const name = search.endsWith('.') ? search.slice(0, -1) : search;
    if (search !== '.') addInvalid(errors, `${path}.searches[${i}]`, name, dns1123SubdomainWithUnderscore(name));
  });
  options.forEach(({ name = '' }, i) => {
    if (name === '') errors.push(required(`${path}.options[${i}]`, 'must not be empty'));
  });
}

function validateHostAliases(aliases: readonly Loose<HostAlias>[] | undefined, path: string, errors: Errors): void {
  aliases?.forEach(({ ip = '', hostnames = [] }, i) => {
    errors.push(...validateIp(`${path}[${i}].ip`, ip));
    hostnames.forEach((name, j) => addInvalid(errors, `${path}[${i}].hostnames[${j}]`, name, dns1123Subdomain(name)));
  });
}

const noClaims: ReadonlySet<string> = new Set();

function validateResourceClaims(claims: readonly Loose<PodResourceClaim>[] | undefined, path: string, errors: Errors): ReadonlySet<string> {
  if (claims === undefined || claims.length === 0) return noClaims;
  const names = new Set<string>();
  claims.forEach((claim, i) => {
    const { name = '', resourceClaimName, resourceClaimTemplateName } = claim;
    const at = `${path}[${i}]`;
    if (name === '') errors.push(required(`${at}.name`));
    else if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else {
      addInvalid(errors, `${at}.name`, name, dns1123Label(name));
      names.add(name);
    }
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) errors.push(invalid(at, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) errors.push(invalid(at, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    if (resourceClaimName !== undefined) addInvalid(errors, `${at}.resourceClaimName`, resourceClaimName, dns1123Subdomain(resourceClaimName));
    if (resourceClaimTemplateName !== undefined) addInvalid(errors, `${at}.resourceClaimTemplateName`, resourceClaimTemplateName, dns1123Subdomain(resourceClaimTemplateName));
  });
  return names;
}

/** On the host's network a container's ports are the host's. Templates may leave the host's ports to the pods. */
function validateHostNetwork(spec: LooseSpec, path: string, isPod: boolean, errors: Errors): void {
  spec.containers?.forEach((container, i) => container.ports?.forEach(({ hostPort = 0, containerPort = 0 }, j) => {
    if ((isPod || hostPort !== 0) && hostPort !== containerPort) errors.push(invalid(`${path}.containers[${i}].ports[${j}].hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
  }));
}

/** A user namespace of the pod's own goes with no other namespace of the host's. */
function validateUserNamespace(spec: LooseSpec, path: string, errors: Errors): void {
  const refuse = (field: string): void => void errors.push(forbidden(`${path}.${field}`, 'when `pod.Spec.HostUsers` is false'));
  if (spec.hostNetwork === true) refuse('hostNetwork');
  if (spec.hostPID === true) refuse('HostPID');
  if (spec.hostIPC === true) refuse('HostIPC');
}

function validateNames(spec: LooseSpec, path: string, errors: Errors): void {
  const { serviceAccountName = '', nodeName = '', hostname = '', subdomain = '', priorityClassName = '', runtimeClassName, hostnameOverride } = spec;
  if (serviceAccountName !== '') addInvalid(errors, `${path}.serviceAccountName`, serviceAccountName, dns1123Subdomain(serviceAccountName));
  if (nodeName !== '') addInvalid(errors, `${path}.nodeName`, nodeName, dns1123Subdomain(nodeName));
  if (hostname !== '') addInvalid(errors, `${path}.hostname`, hostname, dns1123Label(hostname));
  if (subdomain !== '') addInvalid(errors, `${path}.subdomain`, subdomain, dns1123Label(subdomain));
  if (priorityClassName !== '') addInvalid(errors, `${path}.priorityClassName`, priorityClassName, dns1123Subdomain(priorityClassName));
  if (runtimeClassName !== undefined) addInvalid(errors, `${path}.runtimeClassName`, runtimeClassName, dns1123Subdomain(runtimeClassName));
  if (hostnameOverride === undefined) return;
  addInvalid(errors, `${path}.hostnameOverride`, hostnameOverride, dns1123Subdomain(hostnameOverride));
  if (hostnameOverride.length > maxHostnameOverride) errors.push(invalid(`${path}.hostnameOverride`, hostnameOverride, `must be no more than ${maxHostnameOverride} characters`));
  if (spec.setHostnameAsFQDN === true) errors.push(forbidden(`${path}.setHostnameAsFQDN`, 'may not be specified when `hostnameOverride` is specified'));
  if (spec.hostNetwork === true) errors.push(forbidden(`${path}.hostNetwork`, 'may not be specified when `hostnameOverride` is specified'));
}

/** Everything that is wrong with a spec, in upstream's order; `path` is that of the spec. */
export function validatePodSpec(spec: LooseSpec, path: string, context: VolumeContext, errors: Errors): void {
  const { terminationGracePeriodSeconds, restartPolicy, dnsPolicy, activeDeadlineSeconds, os } = spec;
  if (terminationGracePeriodSeconds === undefined) errors.push(required(`${path}.terminationGracePeriodSeconds`));
  const volumes = validateVolumes(spec.volumes, `${path}.volumes`, context, errors);
  const pod: PodParts = {
    volumes,
    claims: validateResourceClaims(spec.resourceClaims, `${path}.resourceClaims`, errors),
    restartPolicy: restartPolicy ?? '',
    hostUsers: spec.hostUsers ?? true,
    isPod: context.isPod,
    gracePeriodSeconds: terminationGracePeriodSeconds,
    os: os?.name,
  };
  validateContainers(spec.containers, `${path}.containers`, pod, errors);
  if (spec.initContainers !== undefined) validateInitContainers(spec, `${path}.initContainers`, pod, errors);
  if (spec.ephemeralContainers !== undefined) validateEphemeralContainers(spec, `${path}.ephemeralContainers`, pod, errors);
  if (spec.resources !== undefined) validatePodResources(spec, `${path}.resources`, errors);
  if (spec.hostNetwork === true) validateHostNetwork(spec, path, context.isPod, errors);
  if (restartPolicy !== 'Always') addEnum(errors, `${path}.restartPolicy`, restartPolicy, restartPolicies);
  if (dnsPolicy !== 'ClusterFirst') addEnum(errors, `${path}.dnsPolicy`, dnsPolicy, dnsPolicies);
  if (spec.nodeSelector !== undefined) errors.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`));
  validatePodSecurityContext(spec.securityContext, spec, `${path}.securityContext`, errors);
  if (spec.affinity !== undefined) validateAffinity(spec.affinity, `${path}.affinity`, errors);
  if (spec.dnsConfig !== undefined || dnsPolicy === 'None') validateDns(spec.dnsConfig, dnsPolicy, `${path}.dnsConfig`, errors);
  if (spec.readinessGates !== undefined) validateReadinessGates(spec.readinessGates, `${path}.readinessGates`, errors);
  if (spec.schedulingGates !== undefined) validateSchedulingGates(spec.schedulingGates, `${path}.schedulingGates`, errors);
  if (spec.topologySpreadConstraints !== undefined) validateTopologySpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`, errors);
  validateHostProcess(spec, path, errors);
  if (spec.hostUsers === false) validateUserNamespace(spec, path, errors);
  validateNames(spec, path, errors);
  if (activeDeadlineSeconds !== undefined && (activeDeadlineSeconds < 1 || activeDeadlineSeconds > maxInt32)) {
    errors.push(invalid(`${path}.activeDeadlineSeconds`, activeDeadlineSeconds, rangeMessage(1, maxInt32)));
  }
  if (spec.tolerations !== undefined) validateTolerations(spec.tolerations, `${path}.tolerations`, errors);
  if (spec.hostAliases !== undefined) validateHostAliases(spec.hostAliases, `${path}.hostAliases`, errors);
  if (spec.preemptionPolicy !== undefined && !preemptionPolicies.includes(spec.preemptionPolicy)) {
    errors.push(spec.preemptionPolicy === '' ? required(`${path}.preemptionPolicy`) : notSupported(`${path}.preemptionPolicy`, spec.preemptionPolicy, preemptionPolicies));
  }
  if (spec.overhead !== undefined) validateResources({ limits: spec.overhead }, 'container', `${path}.overhead`, errors);
  if (os !== undefined) validateOs(spec, path, errors);
  if (spec.schedulingGroup !== undefined) {
    const { podGroupName } = spec.schedulingGroup;
    if (podGroupName === undefined) errors.push(invalid(`${path}.schedulingGroup.podGroupName`, null, 'must specify one of: `podGroupName`'));
    else addInvalid(errors, `${path}.schedulingGroup.podGroupName`, podGroupName, dns1123Subdomain(podGroupName));
  }
}
