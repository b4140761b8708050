import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required } from '../../field-error.ts';
import { validateIp, validateNonSpecialIp } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { dns1123Label, dns1123Subdomain, portNumber, qualifiedName } from '../../meta/validation.ts';
import { endpoints } from '../../resources.ts';
import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset } from '../../types/core/v1.ts';
import { ageColumn, column, joinHostPort, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';

export const portProtocols = ['SCTP', 'TCP', 'UDP'];

function validateAddress({ ip = '', hostname = '', nodeName }: Loose<EndpointAddress>, path: string, validOld: readonly string[]): FieldError[] {
  return [
    ...validateIp(`${path}.ip`, ip, validOld),
    ...(hostname === '' ? [] : dns1123Label(hostname).map((message) => invalid(`${path}.hostname`, hostname, message))),
    ...(nodeName === undefined ? [] : dns1123Subdomain(nodeName).map((message) => invalid(`${path}.nodeName`, nodeName, message))),
    ...validateNonSpecialIp(`${path}.ip`, ip),
  ];
}

function validatePort({ name = '', port = 0, protocol = '', appProtocol }: Loose<EndpointPort>, path: string, nameRequired: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (name !== '') errors.push(...dns1123Label(name).map((message) => invalid(`${path}.name`, name, message)));
  else if (nameRequired) errors.push(required(`${path}.name`));
  for (const message of portNumber(port)) errors.push(invalid(`${path}.port`, port, message));
  if (protocol === '') errors.push(required(`${path}.protocol`));
  else if (!portProtocols.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, portProtocols));
  if (appProtocol !== undefined) for (const message of qualifiedName(appProtocol)) errors.push(invalid(`${path}.appProtocol`, appProtocol, message));
  return errors;
}

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: Loose<EndpointSubset>, path: string, validOld: readonly string[]): FieldError[] {
  return [
    ...(addresses.length + notReadyAddresses.length === 0 ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
    ...addresses.flatMap((address, i) => validateAddress(address, `${path}.addresses[${i}]`, validOld)),
    ...notReadyAddresses.flatMap((address, i) => validateAddress(address, `${path}.notReadyAddresses[${i}]`, validOld)),
    ...ports.flatMap((port, i) => validatePort(port, `${path}.ports[${i}]`, ports.length > 1)),
  ];
}

function validateEndpoints(object: Endpoints, old?: Endpoints): FieldError[] {
  const validOld = (old?.subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [] }) => [...addresses, ...notReadyAddresses].map(({ ip }) => ip));
  return (object.subsets ?? []).flatMap((subset, i) => validateSubset(subset, `subsets[${i}]`, validOld));
}

/** The first three of all address and port pairs. */
function formatEndpoints({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap(({ addresses = [], ports = [] }) => (ports.length === 0
    ? addresses.map(({ ip }) => ip)
    : ports.flatMap(({ port }) => addresses.map(({ ip }) => joinHostPort(ip, port)))));
  const shown = all.slice(0, 3).join(',');
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}

export const endpointsDefinition: ResourceDefinition<Endpoints> = {
  type: endpoints,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  applyDefaults(object) {
    for (const subset of object.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP';
  },
  validate: (object) => validateEndpoints(object),
  update: { validateUpdate: (object, old) => validateEndpoints(object, old) },
  columns: [nameColumn, column('Endpoints', formatEndpoints), ageColumn],
};
