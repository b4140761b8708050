/** What an EndpointSlice must say. */
import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, notSupported, required, tooMany } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import { ipFamilyOf, validateCanonicalIp, validateIp, validateNonSpecialIp } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable, validateLabels } from '../../meta/object-meta.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../meta/validation.ts';
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../../types/discovery/v1.ts';
import { portProtocols } from '../core/endpoints.ts';

type Slice = Loose<EndpointSlice>;

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const maxTopologyLabels = 16;
const maxAddresses = 100;
const maxPorts = 20_000;
const maxEndpoints = 1000;
const maxHints = 8;

function validateFqdn(path: string, name: string): FieldError[] {
  if (name === '') return [required(path)];
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  const wrong = dns1123Subdomain(bare);
  if (wrong.length > 0) return [invalid(path, bare, wrong.join(','))];
  const labels = bare.split('.');
  if (labels.length < 2) return [invalid(path, bare, 'should be a domain with at least two segments separated by dots')];
  const bad = labels.find((label) => dns1123Label(label).length > 0);
  return bad === undefined ? [] : [invalid(path, bad, dns1123Label(bad).join(','))];
}

/** Addresses of a family that is missed are missed where the list stands. */
function validateAddress(list: string, i: number, address: string, type: string): FieldError[] {
  const path = `${list}[${i}]`;
  if (type === 'FQDN') return validateFqdn(path, address);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const wrong = type === 'IPv4' ? validateIp(path, address) : validateCanonicalIp(path, address);
  if (wrong.length > 0) return wrong;
  const family = ipFamilyOf(address) === (type === 'IPv4' ? 4 : 6) ? [] : [invalid(list, address, `must be an ${type} address`)];
  return [...family, ...validateNonSpecialIp(path, address)];
}

function validateNames(items: readonly Loose<{ name: string }>[], path: string, check: (name: string) => string[]): FieldError[] {
  const seen = new Set<string>();
  return items.flatMap(({ name = '' }, i) => {
    const errors: FieldError[] = [];
    const at = `${path}[${i}].name`;
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    for (const message of check(name)) errors.push(invalid(at, name, message));
    return errors;
  });
}

function validateHints({ forZones = [], forNodes = [] }: Loose<EndpointHints>, path: string): FieldError[] {
  if (forZones.length > maxHints) return [tooMany(`${path}.forZones`, forZones.length, maxHints)];
  const zones = validateNames(forZones, `${path}.forZones`, labelValue);
  if (forNodes.length > maxHints) return [...zones, tooMany(`${path}.forNodes`, forNodes.length, maxHints)];
  return [...zones, ...validateNames(forNodes, `${path}.forNodes`, dns1123Subdomain)];
}

function validateEndpoint(endpoint: Loose<Endpoint>, type: string, path: string): FieldError[] {
  const { addresses = [], deprecatedTopology = {}, hostname, nodeName, hints } = endpoint;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > maxAddresses) errors.push(tooMany(`${path}.addresses`, addresses.length, maxAddresses));
  addresses.forEach((address, i) => errors.push(...validateAddress(`${path}.addresses`, i, address, type)));
  if (nodeName !== undefined) for (const message of dns1123Subdomain(nodeName)) errors.push(invalid(`${path}.nodeName`, nodeName, message));
  const topology = Object.keys(deprecatedTopology).length;
  if (topology > maxTopologyLabels) errors.push(tooMany(`${path}.deprecatedTopology`, topology, maxTopologyLabels));
  errors.push(...validateLabels(deprecatedTopology, `${path}.deprecatedTopology`));
  if (hostname !== undefined) for (const message of dns1123Label(hostname)) errors.push(invalid(`${path}.hostname`, hostname, message));
  if (hints !== undefined) errors.push(...validateHints(hints, `${path}.hints`));
  return errors;
}

function validatePorts(ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > maxPorts) return [tooMany('ports', ports.length, maxPorts)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', protocol, appProtocol }, i) => {
    const errors: FieldError[] = [];
    const path = `ports[${i}]`;
    if (name !== '') for (const message of dns1123Label(name)) errors.push(invalid(`${path}.name`, name, message));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (protocol === undefined) errors.push(required(`${path}.protocol`));
    else if (!portProtocols.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, portProtocols));
    if (appProtocol !== undefined) for (const message of qualifiedName(appProtocol)) errors.push(invalid(`${path}.appProtocol`, appProtocol, message));
    return errors;
  });
}

function validateEndpoints({ addressType = '', endpoints = [] }: Slice): FieldError[] {
  if (endpoints.length > maxEndpoints) return [tooMany('endpoints', endpoints.length, maxEndpoints)];
  return endpoints.flatMap((endpoint, i) => validateEndpoint(endpoint, addressType, `endpoints[${i}]`));
}

/** `old`: endpoints that an update leaves as they are may be what older releases let in. */
export function validateEndpointSlice(slice: Slice, old?: Slice): FieldError[] {
  const errors: FieldError[] = [];
  const { addressType = '', ports = [] } = slice;
  if (addressType === '') errors.push(required('addressType'));
  else if (!addressTypes.includes(addressType)) errors.push(notSupported('addressType', addressType, addressTypes));
  errors.push(...validatePorts(ports as readonly EndpointPort[]));
  const wrong = validateEndpoints(slice);
  if (wrong.length > 0 && (old === undefined || !semanticEqual(old.endpoints, slice.endpoints))) errors.push(...wrong);
  return old === undefined ? errors : [...errors, ...validateImmutable('addressType', addressType, old.addressType ?? '')];
}
