/** What an Ingress and its status must say. */
import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required } from '../../field-error.ts';
import { parseIp, validateIp } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { dns1123Label, dns1123Subdomain, pathSegment, portName, portNumber, wildcardDns1123Subdomain } from '../../meta/validation.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressSpec, IngressTLS } from '../../types/networking/v1.ts';
import type { TypedLocalObjectReference } from '../../types/core/v1.ts';

type Errors = FieldError[];

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const forbiddenSequences = ['//', '/./', '/../', '%2f', '%2F'];
const forbiddenSuffixes = ['/..', '/.'];
/** What named an Ingress's class before it had a field. */
export const ingressClassAnnotation = 'kubernetes.io/ingress.class';

/** A text that must be given, and that may stand in a path of the API. */
export function addPathSegment(errors: Errors, path: string, value = ''): void {
  if (value === '') errors.push(required(path));
  else addInvalid(errors, path, value, pathSegment(value));
}

/** Names an object of any kind: its group, its kind and its name. */
export function addTypedReference(errors: Errors, path: string, { apiGroup, kind, name }: Loose<TypedLocalObjectReference>): void {
  if (apiGroup !== undefined) addInvalid(errors, `${path}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup));
  addPathSegment(errors, `${path}.kind`, kind);
  addPathSegment(errors, `${path}.name`, name);
}

const hostErrors = (host: string): string[] => (host.includes('*') ? wildcardDns1123Subdomain(host) : dns1123Subdomain(host));

function addService(errors: Errors, path: string, { name = '', port = {} }: Loose<NonNullable<IngressBackend['service']>>): void {
  if (name === '') errors.push(required(`${path}.service.name`));
  else addInvalid(errors, `${path}.service.name`, name, dns1123Label(name));
  const { name: byName = '', number: byNumber = 0 } = port;
  if (byName !== '' && byNumber !== 0) errors.push(invalid(path, '', 'cannot set both port name & port number'));
  else if (byName !== '') addInvalid(errors, `${path}.service.port.name`, byName, portName(byName));
  else if (byNumber !== 0) addInvalid(errors, `${path}.service.port.number`, byNumber, portNumber(byNumber));
  else errors.push(required(path, 'port name or number is required'));
}

function addBackend(errors: Errors, path: string, { resource, service }: Loose<IngressBackend>): void {
  if (resource !== undefined && service !== undefined) errors.push(invalid(path, '', 'cannot set both resource and service backends'));
  else if (resource !== undefined) addTypedReference(errors, `${path}.resource`, resource);
  else if (service !== undefined) addService(errors, path, service);
  else errors.push(invalid(path, '', 'resource or service backend is required'));
}

function addPath(errors: Errors, at: string, { path = '', pathType, backend = {} }: Loose<HTTPIngressPath>): void {
  if (pathType === undefined) return void errors.push(required(`${at}.pathType`, 'pathType must be specified'));
  const exact = pathType === 'Exact' || pathType === 'Prefix';
  if (!pathTypes.includes(pathType)) errors.push(notSupported(`${at}.pathType`, pathType, pathTypes));
  else if (!path.startsWith('/') && (exact || path !== '')) errors.push(invalid(`${at}.path`, path, 'must be an absolute path'));
  if (exact) {
    for (const part of forbiddenSequences) if (path.includes(part)) errors.push(invalid(`${at}.path`, path, `must not contain '${part}'`));
    for (const part of forbiddenSuffixes) if (path.endsWith(part)) errors.push(invalid(`${at}.path`, path, `cannot end with '${part}'`));
  }
  addBackend(errors, `${at}.backend`, backend);
}

function ruleErrors({ http }: Loose<IngressRule>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (http === undefined) return errors;
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  paths.forEach((one, i) => addPath(errors, `${path}.http.paths[${i}]`, one));
  return errors;
}

/** What stood there before these rules did is let be. */
interface Options {
  readonly anySecretName: boolean;
  readonly anyWildcardRule: boolean;
}

const secretErrors = ({ secretName = '' }: Loose<IngressTLS>): string[] => (secretName === '' ? [] : dns1123Subdomain(secretName));

function optionsFor(old: Loose<Ingress> | undefined): Options {
  const { tls = [], rules = [] } = old?.spec ?? {};
  return {
    anySecretName: tls.some((one) => secretErrors(one).length > 0),
    anyWildcardRule: rules.some((rule) => rule.host?.includes('*') === true && ruleErrors(rule, '').length > 0),
  };
}

function addRules(errors: Errors, rules: readonly Loose<IngressRule>[], options: Options): void {
  rules.forEach((rule, i) => {
    const { host = '' } = rule;
    const path = `spec.rules[${i}]`;
    const wildcard = host.includes('*');
    if (host !== '') {
      if (parseIp(host) !== undefined) errors.push(invalid(`${path}.host`, host, 'must be a DNS name, not an IP address'));
      addInvalid(errors, `${path}.host`, host, hostErrors(host));
    }
    if (!wildcard || !options.anyWildcardRule) errors.push(...ruleErrors(rule, path));
  });
}

function addTls(errors: Errors, tls: readonly Loose<IngressTLS>[], options: Options): void {
  tls.forEach((one, i) => {
    one.hosts?.forEach((host, j) => addInvalid(errors, `spec.tls[${i}].hosts[${j}]`, host, hostErrors(host)));
    if (!options.anySecretName) addInvalid(errors, `spec.tls[${i}].secretName`, one.secretName, secretErrors(one));
  });
}

/** `old`: what an update replaces; what was already wrong there is let be. */
export function validateIngress(ingress: Loose<Ingress>, old?: Loose<Ingress>): FieldError[] {
  const { defaultBackend, rules = [], tls = [], ingressClassName }: Loose<IngressSpec> = ingress.spec ?? {};
  const options = optionsFor(old);
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) errors.push(invalid('spec', null, 'either `defaultBackend` or `rules` must be specified'));
  if (defaultBackend !== undefined) addBackend(errors, 'spec.defaultBackend', defaultBackend);
  addRules(errors, rules, options);
  addTls(errors, tls, options);
  if (ingressClassName !== undefined) addInvalid(errors, 'spec.ingressClassName', ingressClassName, dns1123Subdomain(ingressClassName));
  return errors;
}

/** A new Ingress: its class, where both the field and the old annotation name one, is the same in both. */
export function validateNewIngress(ingress: Ingress): FieldError[] {
  const errors = validateIngress(ingress);
  const annotation = ingress.metadata.annotations?.[ingressClassAnnotation];
  const name = ingress.spec?.ingressClassName;
  if (annotation !== undefined && name !== undefined && annotation !== name) errors.push(invalid(`annotations.${ingressClassAnnotation}`, annotation, 'must match `ingressClassName` when both are specified'));
  return errors;
}

/** The addresses that an ingress controller writes. */
export function validateIngressStatus(ingress: Ingress, old: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  const before = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip = '' }) => (ip === '' ? [] : [ip]));
  ingress.status?.loadBalancer?.ingress?.forEach(({ ip = '', hostname = '' }, i) => {
    const path = `status.loadBalancer.ingress[${i}]`;
    if (ip !== '') errors.push(...validateIp(`${path}.ip`, ip, before));
    if (hostname !== '') {
      addInvalid(errors, `${path}.hostname`, hostname, dns1123Subdomain(hostname));
      if (parseIp(hostname) !== undefined) errors.push(invalid(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    }
  });
  return errors;
}
