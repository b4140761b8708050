import type { Loose } from '../../meta/loose.ts';
import type { Container, EphemeralContainer, LifecycleHandler, Probe } from '../../types/core/v1.ts';

type AnyContainer = Loose<Container> | Loose<EphemeralContainer>;

/** `latest`, spelled out or implied, is pulled every time; every other tag and every digest when it is missing. */
export function defaultPullPolicy(image: string | undefined): string {
  const name = image ?? '';
  if (name.includes('@')) return 'IfNotPresent';
  const tag = name.slice(name.lastIndexOf('/') + 1).split(':')[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultHttpGet(get: { path?: string | undefined; scheme?: string | undefined } | undefined): void {
  if (get === undefined) return;
  if (get.path === undefined || get.path === '') get.path = '/';
  if (get.scheme === undefined || get.scheme === '') get.scheme = 'HTTP';
}

function defaultProbe(probe: Loose<Probe> | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds = probe.timeoutSeconds === undefined || probe.timeoutSeconds === 0 ? 1 : probe.timeoutSeconds;
  probe.periodSeconds = probe.periodSeconds === undefined || probe.periodSeconds === 0 ? 10 : probe.periodSeconds;
  probe.successThreshold = probe.successThreshold === undefined || probe.successThreshold === 0 ? 1 : probe.successThreshold;
  probe.failureThreshold = probe.failureThreshold === undefined || probe.failureThreshold === 0 ? 3 : probe.failureThreshold;
  defaultHttpGet(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
}

function defaultHandler(handler: Loose<LifecycleHandler> | undefined): void {
  defaultHttpGet(handler?.httpGet);
}

/** Fills in what a container leaves out, in place (upstream's SetDefaults_Container, _Probe, _HTTPGetAction …). */
export function applyContainerDefaults(container: AnyContainer): void {
  if (container.imagePullPolicy === undefined || container.imagePullPolicy === '') container.imagePullPolicy = defaultPullPolicy(container.image);
  if (container.terminationMessagePath === undefined || container.terminationMessagePath === '') container.terminationMessagePath = '/dev/termination-log';
  if (container.terminationMessagePolicy === undefined || container.terminationMessagePolicy === '') container.terminationMessagePolicy = 'File';
  container.resources ??= {};
  for (const port of container.ports ?? []) if (port.protocol === undefined || port.protocol === '') port.protocol = 'TCP';
  for (const { valueFrom } of container.env ?? []) {
    const reference = valueFrom?.fieldRef;
    if (reference !== undefined && (reference.apiVersion === undefined || reference.apiVersion === '')) reference.apiVersion = 'v1';
    if (valueFrom?.resourceFieldRef !== undefined) valueFrom.resourceFieldRef.divisor ??= '0';
    if (valueFrom?.fileKeyRef !== undefined) valueFrom.fileKeyRef.optional ??= false;
  }
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

/** A limit without a request is the request, too. Pods alone: templates keep what the user wrote. */
export function applyRequestDefaults(container: AnyContainer): void {
  const { resources } = container;
  if (resources?.limits === undefined) return;
  const requests = (resources.requests ??= {});
  for (const [resource, limit] of Object.entries(resources.limits)) requests[resource] ??= limit;
}
