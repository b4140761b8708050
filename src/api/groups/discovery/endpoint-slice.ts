import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, notSupported, required, tooMany } from '../../field-error.ts';
import { ipFamilyOf, validateIp, validateNonSpecialIp } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable, validateLabels } from '../../meta/object-meta.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../meta/validation.ts';
import { endpointslices } from '../../resources.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../types/discovery/v1.ts';
import { ageColumn, column, listWithMore, nameColumn } from '../columns.ts';
import { portProtocols } from '../core/endpoints.ts';
import type { ResourceDefinition } from '../definition.ts';
import { bumpGeneration } from '../strategy.ts';

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

function validateAddress(path: string, address: string, type: string): FieldError[] {
  if (type === 'FQDN') return validateFqdn(path, address);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const strict = validateIp(path, address);
  if (ipFamilyOf(address) !== (type === 'IPv4' ? 4 : 6)) return [invalid(path, address, `must be a valid ${type} address`), ...validateNonSpecialIp(path, address)];
  return [...strict, ...validateNonSpecialIp(path, address)];
}

function validateNames(items: readonly Loose<{ name: string }>[], path: string): FieldError[] {
  if (items.length > maxHints) return [tooMany(path, items.length, maxHints)];
  const seen = new Set<string>();
  return items.flatMap(({ name = '' }, i) => {
    const errors: FieldError[] = [];
    const at = `${path}[${i}].name`;
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    for (const message of labelValue(name)) errors.push(invalid(at, name, message));
    return errors;
  });
}

function validateEndpoint(endpoint: Loose<Endpoint>, type: string, path: string): FieldError[] {
  const { addresses = [], deprecatedTopology = {}, hostname, nodeName, hints } = endpoint;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > maxAddresses) errors.push(tooMany(`${path}.addresses`, addresses.length, maxAddresses));
  addresses.forEach((address, i) => errors.push(...validateAddress(`${path}.addresses[${i}]`, address, type)));
  if (nodeName !== undefined) for (const message of dns1123Subdomain(nodeName)) errors.push(invalid(`${path}.nodeName`, nodeName, message));
  const topology = Object.keys(deprecatedTopology).length;
  if (topology > maxTopologyLabels) errors.push(tooMany(`${path}.deprecatedTopology`, topology, maxTopologyLabels));
  errors.push(...validateLabels(deprecatedTopology, `${path}.deprecatedTopology`));
  if (hostname !== undefined) for (const message of dns1123Label(hostname)) errors.push(invalid(`${path}.hostname`, hostname, message));
  errors.push(...validateNames(hints?.forZones ?? [], `${path}.hints.forZones`), ...validateNames(hints?.forNodes ?? [], `${path}.hints.forNodes`));
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

function validateSlice({ addressType = '', endpoints = [], ports = [] }: Loose<EndpointSlice>): FieldError[] {
  const errors: FieldError[] = [];
  if (addressType === '') errors.push(required('addressType'));
  else if (!addressTypes.includes(addressType)) errors.push(notSupported('addressType', addressType, addressTypes));
  if (endpoints.length > maxEndpoints) errors.push(tooMany('endpoints', endpoints.length, maxEndpoints));
  else errors.push(...endpoints.flatMap((endpoint, i) => validateEndpoint(endpoint, addressType, `endpoints[${i}]`)));
  return [...errors, ...validatePorts(ports as readonly EndpointPort[])];
}

export const endpointSliceDefinition: ResourceDefinition<EndpointSlice> = {
  type: endpointslices,
  allowUnconditionalUpdate: true,
  applyDefaults(object) {
    for (const port of object.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  validate: validateSlice,
  update: {
    prepareForUpdate: bumpGeneration,
    validateUpdate: (object, old) => [...validateSlice(object), ...validateImmutable('addressType', object.addressType, old.addressType)],
  },
  columns: [
    nameColumn,
    column('AddressType', ({ addressType }) => addressType),
    column('Ports', ({ ports = [] }) => listWithMore(ports.map(({ port, name }) => (port === undefined ? (name ?? '*') : String(port))))),
    column('Endpoints', ({ endpoints = [] }) => listWithMore(endpoints.flatMap(({ addresses }) => addresses))),
    ageColumn,
  ],
};
