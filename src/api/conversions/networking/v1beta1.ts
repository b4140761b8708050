/** Ingress of networking.k8s.io/v1beta1 and extensions/v1beta1 <-> networking.k8s.io/v1. */
import type { KubeObject } from '../../meta/object.ts';
import type { Loose } from '../../meta/loose.ts';
import type { Ingress, IngressBackend } from '../../types/networking/v1.ts';
import type { VersionRules } from '../version-rules.ts';

/** A backend named a service and its port flat, the port by name or number in one field. */
interface OldBackend { readonly serviceName?: string; readonly servicePort?: number | string; readonly resource?: NonNullable<IngressBackend['resource']> }
interface OldIngress extends KubeObject {
  readonly spec?: {
    readonly backend?: OldBackend;
    readonly rules?: readonly { readonly http?: { readonly paths?: readonly { readonly backend?: OldBackend; pathType?: string }[] } }[];
  };
}

function backendToStored({ serviceName = '', servicePort, ...rest }: OldBackend): IngressBackend {
  if (serviceName === '' && (servicePort === undefined || servicePort === 0)) return rest as IngressBackend;
  const port = typeof servicePort === 'string' ? { name: servicePort } : { number: servicePort ?? 0 };
  return { ...rest, service: { name: serviceName, ...(servicePort !== undefined && { port }) } } as IngressBackend;
}

function backendFromStored({ service, ...rest }: IngressBackend): OldBackend {
  if (service === undefined) return rest;
  const port = service.port?.name === undefined || service.port.name === '' ? service.port?.number : service.port.name;
  return { ...rest, ...(service.name !== '' && { serviceName: service.name }), ...(port !== undefined && { servicePort: port }) };
}

type Rules = readonly { readonly http?: { readonly paths?: readonly { readonly backend?: unknown }[] } }[] | undefined;

function withBackends<From, To>(rules: Rules, convert: (backend: From) => To): Rules {
  return rules?.map((rule) => (rule.http?.paths === undefined ? rule : {
    ...rule,
    http: { ...rule.http, paths: rule.http.paths.map((path) => (path.backend === undefined ? path : { ...path, backend: convert(path.backend as From) })) },
  }));
}

function ingressToStored(object: KubeObject): KubeObject {
  const { spec } = object as OldIngress;
  if (spec === undefined) return object;
  const { backend, rules, ...rest } = spec;
  const converted = withBackends<OldBackend, IngressBackend>(rules, backendToStored);
  return { ...object, spec: { ...rest, ...(backend !== undefined && { defaultBackend: backendToStored(backend) }), ...(converted !== undefined && { rules: converted }) } } as KubeObject;
}

function ingressFromStored(object: KubeObject): KubeObject {
  const { spec } = object as Ingress;
  if (spec === undefined) return object;
  const { defaultBackend, rules, ...rest } = spec;
  const converted = withBackends<IngressBackend, OldBackend>(rules, backendFromStored);
  return { ...object, spec: { ...rest, ...(defaultBackend !== undefined && { backend: backendFromStored(defaultBackend) }), ...(converted !== undefined && { rules: converted }) } } as KubeObject;
}

/** v1 wants every path's type said; before it was left to the implementation. */
function defaultPathTypes(object: KubeObject): void {
  for (const rule of (object as Loose<Ingress>).spec?.rules ?? []) for (const path of rule.http?.paths ?? []) path.pathType ??= 'ImplementationSpecific';
}

export const ingressRules: VersionRules = { applyDefaults: defaultPathTypes, toStored: ingressToStored, fromStored: ingressFromStored };
