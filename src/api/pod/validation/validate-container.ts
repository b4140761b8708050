/** Containers of every kind: regular, init, sidecar and ephemeral. */
import { duplicate, forbidden, invalid, notFound, notSupported, required, tooMany } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { dns1123Label, portName, portNumber } from '../../meta/validation.ts';
import type { ContainerPort, ContainerResizePolicy } from '../../types/core/v1.ts';
import type { AnyContainer, Errors, LooseContainer, LooseSpec, Volumes } from './rules.ts';
import { addEnum, addInvalid, isSidecar } from './rules.ts';
import { validateEnv, validateEnvFrom } from './validate-env.ts';
import { validateVolumeDevices, validateVolumeMounts } from './validate-mounts.ts';
import type { HandlerContext } from './validate-probe.ts';
import { validateLifecycle, validateProbe } from './validate-probe.ts';
import { validateResources } from './validate-resources.ts';
import { validateSecurityContext } from './validate-security-context.ts';

/** What the rules of a container know of its pod. */
export interface PodParts extends HandlerContext {
  readonly volumes: Volumes;
  readonly claims: ReadonlySet<string>;
  readonly restartPolicy: string;
  readonly hostUsers: boolean;
  /** A pod, not a template: images may not be padded with blanks. */
  readonly isPod: boolean;
}

const protocols = ['SCTP', 'TCP', 'UDP'];
export const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const messagePolicies = ['File', 'FallbackToLogsOnError'];
const restartPolicies = ['Always', 'Never', 'OnFailure'];
const restartActions = ['Restart', 'RestartAllContainers'];
const resizable = ['cpu', 'memory'];
const resizePolicies = ['NotRequired', 'RestartContainer'];
const maxRestartRules = 20;
const maxExitCodes = 255;

function validatePorts(ports: readonly Loose<ContainerPort>[] | undefined, path: string, errors: Errors): void {
  if (ports === undefined) return;
  const names = new Set<string>();
  for (let i = 0; i < ports.length; i++) {
    const { name = '', containerPort = 0, hostPort = 0, protocol } = ports[i]!;
    if (name !== '') {
      const wrong = portName(name);
      if (wrong.length > 0) addInvalid(errors, `${path}[${i}].name`, name, wrong);
      else if (names.has(name)) errors.push(duplicate(`${path}[${i}].name`, name));
      names.add(name);
    }
    if (containerPort === 0) errors.push(required(`${path}[${i}].containerPort`));
    else addInvalid(errors, `${path}[${i}].containerPort`, containerPort, portNumber(containerPort));
    if (hostPort !== 0) addInvalid(errors, `${path}[${i}].hostPort`, hostPort, portNumber(hostPort));
    if (protocol !== 'TCP') addEnum(errors, `${path}[${i}].protocol`, protocol, protocols);
  }
}

/** No two of these containers may want the same port of the host. `pathOf`: a container's path by its index. */
function validateHostPorts(containers: readonly LooseContainer[], pathOf: (index: number) => string, errors: Errors): void {
  let taken: Set<string> | undefined;
  for (let i = 0; i < containers.length; i++) {
    containers[i]!.ports?.forEach(({ hostPort = 0, protocol = '', hostIP = '' }, j) => {
      if (hostPort === 0) return;
      taken ??= new Set();
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) errors.push(duplicate(`${pathOf(i)}.ports[${j}].hostPort`, key));
      taken.add(key);
    });
  }
}

function validateResizePolicy(policies: readonly Loose<ContainerResizePolicy>[] | undefined, path: string, podRestartPolicy: string, errors: Errors): void {
  const seen = new Set<string>();
  policies?.forEach(({ resourceName = '', restartPolicy = '' }, i) => {
    if (seen.has(resourceName)) errors.push(duplicate(`${path}[${i}]`, resourceName));
    seen.add(resourceName);
    addEnum(errors, path, resourceName, resizable);
    addEnum(errors, path, restartPolicy, resizePolicies);
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
  });
}

/** A container's own restart policy, and the exit codes after which it is restarted all the same. */
function validateRestartPolicy(container: LooseContainer, path: string, errors: Errors): void {
  const { restartPolicy, restartPolicyRules } = container;
  if (restartPolicy !== undefined && !restartPolicies.includes(restartPolicy)) errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies));
  if (restartPolicyRules === undefined || restartPolicyRules.length === 0) return;
  if (restartPolicy === undefined) errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  if (restartPolicyRules.length > maxRestartRules) errors.push(tooMany(`${path}.restartPolicyRules`, restartPolicyRules.length, maxRestartRules));
  restartPolicyRules.forEach(({ action = '', exitCodes }, i) => {
    const at = `${path}.restartPolicyRules[${i}]`;
    if (!restartActions.includes(action)) errors.push(notSupported(`${at}.action`, action, restartActions));
    if (exitCodes === undefined) return void errors.push(required(`${at}.exitCodes`, 'must be specified'));
    const { operator = '', values = [] } = exitCodes;
    if (operator !== 'In' && operator !== 'NotIn') errors.push(notSupported(`${at}.exitCodes.operator`, operator, ['In', 'NotIn']));
    if (values.length === 0) errors.push(required(`${at}.exitCodes.values`, 'must specify at least one value'));
    if (values.length > maxExitCodes) errors.push(tooMany(`${at}.exitCodes.values`, values.length, maxExitCodes));
  });
}

/** What holds for containers of every kind. */
function validateCommon(container: AnyContainer, path: string, pod: PodParts, errors: Errors): void {
  const { name = '', image = '' } = container;
  if (name === '') errors.push(required(`${path}.name`));
  else addInvalid(errors, `${path}.name`, name, dns1123Label(name));
  if (image === '') errors.push(required(`${path}.image`));
  else if (pod.isPod && image.trim().length !== image.length) errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  if (container.terminationMessagePolicy !== 'File') addEnum(errors, `${path}.terminationMessagePolicy`, container.terminationMessagePolicy, messagePolicies);
  if (container.ports !== undefined) validatePorts(container.ports, `${path}.ports`, errors);
  if (container.env !== undefined) validateEnv(container.env, `${path}.env`, pod.volumes, errors);
  if (container.envFrom !== undefined) validateEnvFrom(container.envFrom, `${path}.envFrom`, errors);
  if (container.volumeMounts !== undefined) validateVolumeMounts(container, `${path}.volumeMounts`, pod.volumes, errors);
  if (container.volumeDevices !== undefined) validateVolumeDevices(container, `${path}.volumeDevices`, pod.volumes, errors);
  if (container.imagePullPolicy !== 'IfNotPresent') addEnum(errors, `${path}.imagePullPolicy`, container.imagePullPolicy, pullPolicies);
  if (container.resources !== undefined) validateResources(container.resources, 'container', `${path}.resources`, errors, pod.claims);
  if (container.resizePolicy !== undefined) validateResizePolicy(container.resizePolicy, `${path}.resizePolicy`, pod.restartPolicy, errors);
  if (container.securityContext !== undefined) validateSecurityContext(container.securityContext, `${path}.securityContext`, pod.hostUsers, errors);
}

function validateHandlers(container: LooseContainer, path: string, pod: PodParts, errors: Errors): void {
  if (container.lifecycle !== undefined) validateLifecycle(container.lifecycle, `${path}.lifecycle`, pod, errors);
  if (container.livenessProbe !== undefined) validateProbe(container.livenessProbe, 'liveness', `${path}.livenessProbe`, pod, errors);
  if (container.readinessProbe !== undefined) validateProbe(container.readinessProbe, 'readiness', `${path}.readinessProbe`, pod, errors);
  if (container.startupProbe !== undefined) validateProbe(container.startupProbe, 'startup', `${path}.startupProbe`, pod, errors);
}

/** The regular containers; `path` is that of the list. */
export function validateContainers(containers: readonly LooseContainer[] | undefined, path: string, pod: PodParts, errors: Errors): void {
  if (containers === undefined || containers.length === 0) return void errors.push(required(path));
  const names = containers.length > 1 ? new Set<string>() : undefined;
  for (let i = 0; i < containers.length; i++) {
    const container = containers[i]!;
    const at = `${path}[${i}]`;
    validateCommon(container, at, pod, errors);
    if (names !== undefined) {
      const { name = '' } = container;
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    validateHandlers(container, at, pod, errors);
    validateRestartPolicy(container, at, errors);
  }
  validateHostPorts(containers, (i) => `${path}[${i}]`, errors);
}

const sidecarFields = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** The init containers; `path` is that of the list. */
export function validateInitContainers(spec: LooseSpec, path: string, pod: PodParts, errors: Errors): void {
  const { initContainers } = spec;
  if (initContainers === undefined) return;
  const names = new Set(spec.containers?.map(({ name = '' }) => name));
  initContainers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    const { name = '' } = container;
    validateCommon(container, at, pod, errors);
    validateRestartPolicy(container, at, errors);
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else if (name !== '') names.add(name);
    // Init containers run one after the other: their ports collide with nobody's but their own.
    validateHostPorts([container], () => `${path}[0]`, errors);
    if (isSidecar(container)) validateHandlers(container, at, pod, errors);
    else for (const field of sidecarFields) if (container[field] !== undefined) errors.push(forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always'));
  });
}

const neverEphemeral = ['ports', 'resources', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'resizePolicy', 'restartPolicy', 'restartPolicyRules'] as const;

const isSet = (value: unknown): boolean => value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/** The ephemeral containers; `path` is that of the list. */
export function validateEphemeralContainers(spec: LooseSpec, path: string, pod: PodParts, errors: Errors): void {
  const { ephemeralContainers } = spec;
  if (ephemeralContainers === undefined) return;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name = '' }) => name));
  const all = new Set(others);
  ephemeralContainers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    const { name = '', targetContainerName = '' } = container;
    validateCommon(container, at, pod.isPod ? pod : { ...pod, isPod: true }, errors);
    if (all.has(name)) errors.push(duplicate(`${at}.name`, name));
    all.add(name);
    if (targetContainerName !== '' && !others.has(targetContainerName)) errors.push(notFound(`${at}.targetContainerName`, targetContainerName));
    for (const field of neverEphemeral) if (isSet(container[field])) errors.push(forbidden(`${at}.${field}`, 'cannot be set for an Ephemeral Container'));
    container.volumeMounts?.forEach(({ subPath = '', subPathExpr = '' }, j) => {
      if (subPath !== '') errors.push(forbidden(`${at}.volumeMounts[${j}].subPath`, 'cannot be set for an Ephemeral Container'));
      if (subPathExpr !== '') errors.push(forbidden(`${at}.volumeMounts[${j}].subPathExpr`, 'cannot be set for an Ephemeral Container'));
    });
  });
}
