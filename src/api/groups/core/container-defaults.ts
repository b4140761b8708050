import type { Loose } from '../../meta/loose.ts';
import { formatQuantity, parseQuantity } from '../../meta/quantity.ts';
import type { Container, EnvVarSource, EphemeralContainer, Probe } from '../../types/core/v1.ts';

type AnyContainer = Loose<Container> | Loose<EphemeralContainer>;

const nanosPerMilli = 1_000_000n;

/**
 * `latest`, spelled out or implied, is pulled every time; every other tag, and a digest without a tag, when it is missing.
 * What is no image name at all has no tag.
 */
export function defaultPullPolicy(image: string | undefined): string {
  const [name = '', digest] = (image ?? '').split('@');
  if (name === '') return 'IfNotPresent';
  const tag = name.slice(name.lastIndexOf('/') + 1).split(':')[1] ?? (digest === undefined ? 'latest' : '');
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultHttpGet(get: { path?: string | undefined; scheme?: string | undefined } | undefined): void {
  if (get === undefined) return;
  get.path ||= '/';
  get.scheme ||= 'HTTP';
}

function defaultProbe(probe: Loose<Probe> | undefined): void {
  if (probe === undefined) return;
  // Zero is the same as nothing.
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  defaultHttpGet(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
}

function defaultValueFrom(source: Loose<EnvVarSource> | undefined): void {
  if (source === undefined) return;
  if (source.fieldRef !== undefined) source.fieldRef.apiVersion ||= 'v1';
  if (source.resourceFieldRef !== undefined) source.resourceFieldRef.divisor ??= '0';
  if (source.fileKeyRef !== undefined) source.fileKeyRef.optional ??= false;
}

/** Quantities finer than a thousandth are rounded up, as ever (SetDefaults_ResourceList). Most have no such digits. */
export function roundQuantities(list: Record<string, string> | undefined): void {
  for (const name in list) {
    const text = list[name]!;
    if (!/[nu.eE]/.test(text)) continue;
    const { nanos, format } = parseQuantity(text);
    const rest = nanos % nanosPerMilli;
    if (rest !== 0n) list[name] = formatQuantity({ nanos: nanos > 0n ? nanos - rest + nanosPerMilli : nanos - rest, format });
  }
}

/** Fills in what a container leaves out, in place (upstream's SetDefaults_Container, _Probe, _HTTPGetAction …). */
export function applyContainerDefaults(container: AnyContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  const resources = (container.resources ??= {});
  if (resources.limits !== undefined) roundQuantities(resources.limits);
  if (resources.requests !== undefined) roundQuantities(resources.requests);
  if (container.ports !== undefined) for (const port of container.ports) port.protocol ||= 'TCP';
  if (container.env !== undefined) for (const { valueFrom } of container.env) defaultValueFrom(valueFrom);
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHttpGet(container.lifecycle?.postStart?.httpGet);
  defaultHttpGet(container.lifecycle?.preStop?.httpGet);
}

/** A limit without a request is the request, too. Pods alone: templates keep what the user wrote. */
export function applyRequestDefaults(container: AnyContainer): void {
  const { resources } = container;
  for (const name in resources?.limits) (resources.requests ??= {})[name] ??= resources.limits[name]!;
}
