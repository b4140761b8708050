import { joinKey, namespaceOf } from '../api/meta/object.ts';
import type { Ingress, IngressBackend, IngressClass } from '../api/types/networking/v1.ts';
import type { Backend, Backends } from './backends.ts';
import type { PathType } from './routes.ts';
import { Routes } from './routes.ts';

/** As `spec.controller` of an IngressClass names this one. */
export const controllerName = 'coxswain.io/ingress-controller';
const legacyClass = 'kubernetes.io/ingress.class';

/** Where the rules of Ingresses lead, and which certificates are shown. */
export interface IngressModel {
  readonly routes: Routes<Backend>;
  readonly backends: ReadonlySet<Backend>;
  /** `NAMESPACE/SECRET` by host; a host may be a wildcard. The empty one is shown to whoever asks for a name that no other is for. */
  readonly certificates: ReadonlyMap<string, string>;
}

/** Whether an Ingress is this controller's: its class is. One without a class is nobody's; the API server gives it the default one. */
export function isOurs({ metadata, spec }: Ingress, classOf: (name: string) => IngressClass | undefined): boolean {
  const name = spec?.ingressClassName ?? metadata.annotations?.[legacyClass];
  return name !== undefined && classOf(name)?.spec?.controller === controllerName;
}

/** The older one first, for of two that say the same it counts. */
function byAge(a: Ingress, b: Ingress): number {
  const rank = ({ metadata }: Ingress): string => `${metadata.creationTimestamp ?? ''} ${joinKey(metadata.namespace ?? '', metadata.name ?? '')}`;
  return rank(a) < rank(b) ? -1 : 1;
}

/** Makes one model of all Ingresses that are this controller's. */
export function modelOf(ingresses: readonly Ingress[], backends: Backends): IngressModel {
  const routes = new Routes<Backend>();
  const used = new Set<Backend>();
  const certificates = new Map<string, string>();
  for (const ingress of ingresses.toSorted(byAge)) {
    const namespace = namespaceOf(ingress);
    const { rules = [], defaultBackend, tls = [] } = ingress.spec ?? {};
    const target = ({ service }: IngressBackend): Backend | undefined => {
      // A backend that is some other resource is for controllers that know it.
      if (service === undefined) return undefined;
      const backend = backends.of(namespace, service);
      used.add(backend);
      return backend;
    };
    const fallback = defaultBackend === undefined ? undefined : target(defaultBackend);
    for (const { host, http } of rules) {
      for (const { path = '/', pathType, backend } of http?.paths ?? []) {
        const to = target(backend);
        if (to !== undefined) routes.add({ host, pathType: pathType as PathType, path: path === '' ? '/' : path, target: to });
      }
      if (fallback !== undefined) routes.fallBack(fallback, host ?? '');
    }
    if (fallback !== undefined) routes.fallBack(fallback);
    const named = rules.flatMap(({ host }) => (host === undefined || host === '' ? [] : [host]));
    for (const { hosts = [], secretName } of tls) {
      if (secretName === undefined) continue;
      // Without hosts it is for all that its Ingress has, and for those that nobody has.
      for (const host of hosts.length > 0 ? hosts : [...named, '']) if (!certificates.has(host.toLowerCase())) certificates.set(host.toLowerCase(), `${namespace}/${secretName}`);
    }
  }
  return { routes, backends: used, certificates };
}

/** The Secret whose certificate is shown to who asks for this name. */
export function certificateFor({ certificates }: Pick<IngressModel, 'certificates'>, serverName: string): string | undefined {
  const name = serverName.toLowerCase();
  return certificates.get(name) ?? certificates.get(`*${name.slice(name.indexOf('.'))}`) ?? certificates.get('');
}

