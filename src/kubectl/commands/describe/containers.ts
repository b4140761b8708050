import { parseQuantity } from '../../../api/meta/quantity.ts';
import type { Container, ContainerState, ContainerStatus, EnvVar, Pod, Probe, ResourceRequirements } from '../../../api/types/core/v1.ts';
import type { Page } from './page.ts';
import { boolText, goList, longTime, orNone } from './page.ts';

const secondsOf = (probe: Probe): string => `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 0}s period=${probe.periodSeconds ?? 0}s #success=${probe.successThreshold ?? 0} #failure=${probe.failureThreshold ?? 0}`;

function probeText(probe: Probe): string {
  const attributes = secondsOf(probe);
  if (probe.exec !== undefined) return `exec ${goList(probe.exec.command)} ${attributes}`;
  if (probe.httpGet !== undefined) {
    const { scheme = '', host = '', port, path = '' } = probe.httpGet;
    return `http-get ${scheme.toLowerCase()}${scheme === '' ? '' : ':'}//${host.includes(':') ? `[${host}]` : host}:${port}${path === '' || path.startsWith('/') ? path : `/${path}`} ${attributes}`;
  }
  if (probe.tcpSocket !== undefined) return `tcp-socket ${probe.tcpSocket.host ?? ''}:${probe.tcpSocket.port} ${attributes}`;
  if (probe.grpc !== undefined) return `grpc <pod>:${probe.grpc.port} ${probe.grpc.service ?? ''} ${attributes}`;
  return `unknown ${attributes}`;
}

export function writeResources(page: Page, resources: ResourceRequirements | undefined, level: number): void {
  for (const [title, list] of [['Limits', resources?.limits], ['Requests', resources?.requests]] as const) {
    const names = Object.keys(list ?? {}).sort();
    if (names.length > 0) page.line(level, `${title}:`);
    for (const name of names) page.field(name, list![name], level + 1);
  }
}

function writeState(page: Page, title: string, { running, waiting, terminated }: ContainerState): void {
  if (running !== undefined) {
    page.field(title, 'Running', 2);
    return page.field('Started', longTime(running.startedAt), 3);
  }
  if (terminated === undefined) {
    page.field(title, 'Waiting', 2);
    if (waiting?.reason !== undefined && waiting.reason !== '') page.field('Reason', waiting.reason, 3);
    return;
  }
  page.field(title, 'Terminated', 2);
  if (terminated.reason !== undefined && terminated.reason !== '') page.field('Reason', terminated.reason, 3);
  if (terminated.message !== undefined && terminated.message !== '') page.field('Message', terminated.message, 3);
  page.field('Exit Code', terminated.exitCode, 3);
  if ((terminated.signal ?? 0) > 0) page.field('Signal', terminated.signal, 3);
  page.field('Started', longTime(terminated.startedAt), 3);
  page.field('Finished', longTime(terminated.finishedAt), 3);
}

/** The value of a field of the pod, as far as upstream's kubectl knows them: its name and its namespace. */
const fieldValue = ({ metadata }: Pod, path: string): string => (path === 'metadata.name' ? metadata.name ?? '' : path === 'metadata.namespace' ? metadata.namespace ?? '' : '');

function resourceValue(container: Container, field: string, divisor: string | undefined): string {
  const [list, ...name] = field.split('.');
  const text = (list === 'limits' ? container.resources?.limits : container.resources?.requests)?.[name.join('.')];
  if (text === undefined) return '0';
  const divideBy = divisor === undefined || divisor === '0' ? 1_000_000_000n : parseQuantity(divisor).nanos;
  const { nanos } = parseQuantity(text);
  return String((nanos + divideBy - 1n) / divideBy);
}

function writeVariable(page: Page, variable: EnvVar, container: Container, pod: Pod | undefined): void {
  const { name, value = '', valueFrom } = variable;
  if (valueFrom === undefined) {
    value.split('\n').forEach((line, i) => page.line(3, i === 0 ? `${name}:\t${line}` : `\t${line}`));
    return;
  }
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef !== undefined) page.field(name, `${pod === undefined ? '' : fieldValue(pod, fieldRef.fieldPath)} (${fieldRef.apiVersion ?? ''}:${fieldRef.fieldPath})`, 3);
  else if (resourceFieldRef !== undefined) {
    const found = resourceValue(container, resourceFieldRef.resource, resourceFieldRef.divisor);
    page.field(name, `${found === '0' && /^limits\.(cpu|memory)$/.test(resourceFieldRef.resource) ? 'node allocatable' : found} (${resourceFieldRef.resource})`, 3);
  } else if (secretKeyRef !== undefined) page.field(name, `<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name ?? ''}'>\tOptional: ${secretKeyRef.optional === true}`, 3);
  else if (configMapKeyRef !== undefined) page.field(name, `<set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name ?? ''}'>\tOptional: ${configMapKeyRef.optional === true}`, 3);
}

function writeEnvironment(page: Page, container: Container, pod: Pod | undefined): void {
  const { env = [], envFrom = [] } = container;
  if (envFrom.length > 0) page.line(2, 'Environment Variables from:');
  for (const { configMapRef, secretRef, prefix = '' } of envFrom) {
    const [from, source] = configMapRef !== undefined ? ['ConfigMap', configMapRef] as const : ['Secret', secretRef] as const;
    page.line(3, `${source?.name ?? ''}\t${from}${prefix === '' ? '' : ` with prefix '${prefix}'`}\tOptional: ${source?.optional === true}`);
  }
  page.line(2, `Environment:${env.length === 0 ? '\t<none>' : ''}`);
  for (const variable of env) writeVariable(page, variable, container, pod);
}

function writeMounts(page: Page, { volumeMounts = [], volumeDevices = [] }: Container): void {
  const none = volumeMounts.length === 0 ? '\t<none>' : '';
  page.line(2, `Mounts:${none}`);
  for (const { mountPath, name, readOnly, subPath } of [...volumeMounts].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1))) {
    page.line(3, `${mountPath} from ${name} (${readOnly === true ? 'ro' : 'rw'}${subPath === undefined || subPath === '' ? '' : `,path=${JSON.stringify(subPath)}`})`);
  }
  if (volumeDevices.length > 0) page.line(2, `Devices:${none}`);
  for (const { devicePath, name } of [...volumeDevices].sort((a, b) => (a.devicePath < b.devicePath ? -1 : 1))) page.line(3, `${devicePath} from ${name}`);
}

function writeBasics(page: Page, container: Container, status: ContainerStatus | undefined): void {
  const { ports = [], securityContext } = container;
  if (status !== undefined) page.field('Container ID', status.containerID, 2);
  page.field('Image', container.image, 2);
  if (status !== undefined) page.field('Image ID', status.imageID, 2);
  const text = (number: (port: typeof ports[number]) => number): string => ports.map((port) => `${number(port)}/${port.protocol ?? ''}${port.name === undefined || port.name === '' ? '' : ` (${port.name})`}`).join(', ');
  for (const [title, list] of [['Port', text(({ containerPort }) => containerPort)], ['Host Port', text(({ hostPort }) => hostPort ?? 0)]] as const) page.field(list.includes(',') ? `${title}s` : title, orNone(list), 2);
  const profile = securityContext?.seccompProfile;
  if (profile === undefined) return;
  page.field('SeccompProfile', profile.type, 2);
  if (profile.type === 'Localhost') page.field('LocalhostProfile', profile.localhostProfile, 3);
}

export interface ContainersOptions {
  readonly statuses?: readonly ContainerStatus[] | undefined;
  /** The pod whose fields variables refer to; a template has none. */
  readonly pod?: Pod;
  /** Of a template: one step to the right. */
  readonly inTemplate?: boolean;
}

/** Containers under their heading. */
export function writeContainers(page: Page, heading: string, containers: readonly Container[], { statuses = [], pod, inTemplate = false }: ContainersOptions = {}): void {
  page.line(inTemplate ? 1 : 0, `${heading}:${containers.length === 0 ? ' <none>' : ''}`);
  for (const container of containers) {
    const status = statuses.find(({ name }) => name === container.name);
    page.line(1, `${inTemplate ? ' ' : ''}${container.name}:`);
    writeBasics(page, container, status);
    for (const [title, words] of [['Command', container.command], ['Args', container.args]] as const) {
      if (words === undefined || words.length === 0) continue;
      page.line(2, `${title}:`);
      for (const word of words) for (const line of word.split('\n')) page.line(3, line);
    }
    if (status !== undefined) {
      writeState(page, 'State', status.state ?? {});
      if (status.lastState?.terminated !== undefined) writeState(page, 'Last State', status.lastState);
      page.field('Ready', boolText(status.ready), 2);
      page.field('Restart Count', status.restartCount, 2);
    }
    writeResources(page, container.resources, 2);
    for (const [title, probe] of [['Liveness', container.livenessProbe], ['Readiness', container.readinessProbe], ['Startup', container.startupProbe]] as const) if (probe !== undefined) page.field(title, probeText(probe), 2);
    writeEnvironment(page, container, pod);
    writeMounts(page, container);
  }
}
