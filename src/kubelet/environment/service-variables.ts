import { nameOf } from '../../api/meta/object.ts';
import type { Service } from '../../api/types/core/v1.ts';

const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_');

/** Of services as they stand: every container that starts is told of the same ones. */
const known = new WeakMap<Service, ReadonlyMap<string, string>>();

/** The variables by which containers find services that existed when they started (`REDIS_SERVICE_HOST` …). */
export function serviceVariables(services: readonly Service[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const service of services) {
    let own = known.get(service);
    if (own === undefined) known.set(service, own = variablesOf(service));
    for (const [name, value] of own) variables.set(name, value);
  }
  return variables;
}

function variablesOf(service: Service): Map<string, string> {
  const variables = new Map<string, string>();
  const host = service.spec?.clusterIP;
  const ports = service.spec?.ports ?? [];
  const first = ports[0];
  if (host === undefined || host === '' || host === 'None' || first === undefined) return variables;
  const prefix = upper(nameOf(service));
  variables.set(`${prefix}_SERVICE_HOST`, host);
  variables.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of ports) if (port.name !== undefined && port.name !== '') variables.set(`${prefix}_SERVICE_PORT_${upper(port.name)}`, String(port.port));
  // The names that Docker's links had.
  ports.forEach((port, index) => {
    const protocol = port.protocol ?? 'TCP';
    const url = `${protocol.toLowerCase()}://${host.includes(':') ? `[${host}]` : host}:${port.port}`;
    if (index === 0) variables.set(`${prefix}_PORT`, url);
    const name = `${prefix}_PORT_${port.port}_${protocol}`;
    variables.set(name, url);
    variables.set(`${name}_PROTO`, protocol.toLowerCase());
    variables.set(`${name}_PORT`, String(port.port));
    variables.set(`${name}_ADDR`, host);
  });
  return variables;
}
