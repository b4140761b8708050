import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateName } from '../../meta/validation.ts';
import { kindOf } from '../testing/kind.ts';
import type { Fields } from '../testing/kind.ts';
import * as networking from './networking.ts';

const ingress = kindOf(networking.ingressDefinition);
const ingressClass = kindOf(networking.ingressClassDefinition);
const policy = kindOf(networking.networkPolicyDefinition);
const cidr = kindOf(networking.serviceCidrDefinition);
const address = kindOf(networking.ipAddressDefinition);

const service = { service: { name: 's', port: { number: 80 } } };
const path = (fields: Fields = {}): Fields => ({ path: '/', pathType: 'Prefix', backend: service, ...fields });
const route = (fields: Fields = {}, host = ''): Fields => ({ rules: [{ host, http: { paths: [path(fields)] } }] });
const subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const at = 'spec.rules[0].http.paths[0]';

const ingresses: readonly (readonly [name: string, spec: Fields, ...errors: string[]])[] = [
  ['a route', route()],
  ['a default alone', { defaultBackend: service }],
  ['nothing', {}, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  ['no paths', { rules: [{ http: {} }] }, 'spec.rules[0].http.paths: Required value'],
  ['no type', route({ pathType: undefined }), `${at}.pathType: Required value: pathType must be specified`],
  ['another type', route({ pathType: 'x' }), `${at}.pathType: Unsupported value: "x": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
  ['relative', route({ path: 'a' }), `${at}.path: Invalid value: "a": must be an absolute path`],
  ['no path', route({ path: undefined }), `${at}.path: Invalid value: "": must be an absolute path`],
  ['no path for the controller to read', route({ path: undefined, pathType: 'ImplementationSpecific' })],
  ['dots', route({ path: '/a//b/..' }), `${at}.path: Invalid value: "/a//b/..": must not contain '//'`, `${at}.path: Invalid value: "/a//b/..": cannot end with '/..'`],
  ['no backend', { defaultBackend: {} }, 'spec.defaultBackend: Invalid value: "": resource or service backend is required'],
  ['both backends', { defaultBackend: { ...service, resource: { kind: 'K', name: 'n' } } }, 'spec.defaultBackend: Invalid value: "": cannot set both resource and service backends'],
  ['a resource', { defaultBackend: { resource: { apiGroup: 'A', name: 'a/b' } } }, `spec.defaultBackend.resource.apiGroup: Invalid value: "A": ${subdomain}`, 'spec.defaultBackend.resource.kind: Required value', 'spec.defaultBackend.resource.name: Invalid value: "a/b": may not contain \'/\''],
  ['no service', { defaultBackend: { service: {} } }, 'spec.defaultBackend.service.name: Required value', 'spec.defaultBackend: Required value: port name or number is required'],
  ['a name that begins with a digit (KEP-5311)', { defaultBackend: { service: { name: '1a', port: { name: 'http' } } } }],
  ['two ports', { defaultBackend: { service: { name: 'a', port: { name: 'x', number: 1 } } } }, 'spec.defaultBackend: Invalid value: "": cannot set both port name & port number'],
  ['a bad port', { defaultBackend: { service: { name: 'a', port: { number: 70000 } } } }, 'spec.defaultBackend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  ['an address for a host', route({}, '1.2.3.4'), 'spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
  ['a wildcard', route({}, '*.a.b')],
  ['a bad wildcard', route({}, 'a.*'), "spec.rules[0].host: Invalid value: \"a.*\": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"],
  ['TLS', { ...route(), tls: [{ hosts: ['A'], secretName: 'B' }] }, `spec.tls[0].hosts[0]: Invalid value: "A": ${subdomain}`, `spec.tls[0].secretName: Invalid value: "B": ${subdomain}`],
  ['a class', { ...route(), ingressClassName: 'A' }, `spec.ingressClassName: Invalid value: "A": ${subdomain}`],
];
for (const [name, spec, ...expected] of ingresses) test(`ingress: ${name}`, () => assert.deepEqual(ingress.errors({ spec }), expected));

test('ingress: its class, in the field and in the old annotation', () => {
  const metadata = { annotations: { 'kubernetes.io/ingress.class': 'a' } };
  assert.deepEqual(ingress.errors({ metadata, spec: { ...route(), ingressClassName: 'b' } }), ['annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified']);
  assert.deepEqual(ingress.update({ spec: route() }, { metadata, spec: { ...route(), ingressClassName: 'b' } }), []);
  assert.deepEqual(ingress.warnings({ metadata, spec: route() }), ['annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead']);
  assert.deepEqual(ingress.warnings({ metadata, spec: route() }, { metadata, spec: route() }), []);
});

test('ingress: what was wrong before may stay', () => {
  const tls = { ...route(), tls: [{ secretName: 'B' }] };
  assert.deepEqual(ingress.update({ spec: tls }, { spec: { ...tls, tls: [{ secretName: 'C' }] } }), []);
  const wildcard = { rules: [{ host: '*.a.b', http: {} }] };
  assert.deepEqual(ingress.update({ spec: wildcard }, { spec: wildcard }), []);
  assert.equal(ingress.update({ spec: route() }, { spec: wildcard }).length, 1);
});

test('ingress: status', () => {
  const status = (one: Fields): Fields => ({ spec: route(), status: { loadBalancer: { ingress: [one] } } });
  assert.equal(ingress.make(status({ ip: '1.2.3.4' })).status, undefined);
  assert.deepEqual(ingress.update({ spec: route() }, status({ ip: '1.2.3', hostname: '1.2.3.4' }), 'status'), ['status.loadBalancer.ingress[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)', 'status.loadBalancer.ingress[0].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address']);
  assert.deepEqual(ingress.update(status({ ip: '010.0.0.1' }), status({ ip: '010.0.0.1' }), 'status'), []);
  const changed = ingress.updated({ spec: route() }, { spec: {}, status: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }] } } }, 'status');
  assert.deepEqual([changed.spec, changed.metadata.generation], [route(), 1]);
  assert.deepEqual(ingress.cells({ spec: { rules: ['a', 'b', 'c', 'd', 'e'].map((host) => ({ host })), tls: [{}] }, status: { loadBalancer: { ingress: [{ ip: '2.2.2.2' }, { hostname: 'x' }, { ip: '1.1.1.1' }] } } }), ['a', '<none>', 'a,b,c + 2 more...', '1.1.1.1,2.2.2.2,x', '80, 443', '60m']);
});

test('ingress classes', () => {
  const parameters = (fields: Fields): Fields => ({ spec: { controller: 'a.b/c', parameters: { kind: 'K', name: 'n', ...fields } } });
  assert.equal(ingressClass.make(parameters({})).spec?.parameters?.scope, 'Cluster');
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [{ spec: { controller: 'a.b/c' } }],
    [{ spec: {} }, 'spec.controller: Required value'],
    [{ spec: { controller: 'c' } }, 'spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")'],
    [{ spec: { controller: 'a.b/c d' } }, "spec.controller: Invalid value: \"c d\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"],
    [{ spec: { controller: `a.b/${'c'.repeat(250)}` } }, 'spec.controller: Too long: may not be more than 250 bytes'],
    [parameters({ kind: '', name: '%' }), 'spec.parameters.kind: Required value', 'spec.parameters.name: Invalid value: "%": may not contain \'%\''],
    [parameters({ scope: 'x' }), 'spec.parameters.scope: Unsupported value: "x": supported values: "Cluster", "Namespace"'],
    [parameters({ namespace: 'n' }), "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    [parameters({ scope: 'Namespace' }), "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    [parameters({ scope: 'Namespace', namespace: 'a.b' }), 'spec.parameters.namespace: Invalid value: "a.b": must not contain dots'],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(ingressClass.errors(fields), expected);
  assert.deepEqual(ingressClass.update({ spec: { controller: 'a.b/c' } }, { spec: { controller: 'a.b/d' } }), ['spec.controller: Invalid value: "a.b/d": field is immutable']);
  assert.deepEqual(ingressClass.cells(parameters({ apiGroup: 'g' })), ['a', 'a.b/c', 'K.g/n', '60m']);
});

const allow = (from: Fields[], ports: Fields[] = []): Fields => ({ spec: { podSelector: {}, ingress: [{ from, ports }] } });

test('network policies', () => {
  assert.deepEqual(policy.make({ spec: { egress: [{ ports: [{}] }] } }).spec, { egress: [{ ports: [{ protocol: 'TCP' }] }], policyTypes: ['Ingress', 'Egress'] });
  const peer = 'spec.ingress[0].from[0]';
  const port = 'spec.ingress[0].ports[0]';
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [allow([{ podSelector: {}, namespaceSelector: {} }, { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], [{ port: 1, endPort: 2 }, { port: 'http' }])],
    [allow([{}]), `${peer}: Required value: must specify a peer`],
    [allow([{ podSelector: {}, ipBlock: { cidr: '::/0' } }]), `${peer}: Forbidden: may not specify both ipBlock and another peer`],
    [allow([{ podSelector: { matchLabels: { a: '!' } } }]), `${peer}.podSelector.matchLabels: Invalid value: "!": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`],
    [allow([{ ipBlock: {} }]), `${peer}.ipBlock.cidr: Required value`],
    [allow([{ ipBlock: { cidr: '10.0.0.1/8', except: ['x'] } }]), `${peer}.ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length`, `${peer}.ipBlock.except[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`],
    [allow([{ ipBlock: { cidr: '10.0.0.0/16', except: ['10.0.0.0/16', '10.1.0.0/24', 'fd00::/64'] } }]), ...['10.0.0.0/16', '10.1.0.0/24', 'fd00::/64'].map((one, i) => `${peer}.ipBlock.except[${i}]: Invalid value: "${one}": must be a strict subset of \`cidr\``)],
    [allow([], [{ protocol: 'x', port: 0 }]), `${port}.protocol: Unsupported value: "x": supported values: "TCP", "UDP", "SCTP"`, `${port}.port: Invalid value: 0: must be between 1 and 65535, inclusive`],
    [allow([], [{ port: 5, endPort: 4 }, { endPort: 4 }, { port: 'a', endPort: 4 }]), `${port}.endPort: Invalid value: 4: must be greater than or equal to \`port\``, 'spec.ingress[0].ports[1].endPort: Invalid value: 4: may not be specified when `port` is not specified', 'spec.ingress[0].ports[2].endPort: Invalid value: 4: may not be specified when `port` is non-numeric'],
    [{ spec: { policyTypes: ['x'] } }, 'spec.policyTypes[0]: Unsupported value: "x": supported values: "Ingress", "Egress"'],
    [{ spec: { policyTypes: ['Ingress', 'Egress', 'Ingress'] } }, 'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes'],
    [{ spec: { egress: [{ to: [{}] }] } }, 'spec.egress[0].to[0]: Required value: must specify a peer'],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(policy.errors(fields), expected);
  const old = allow([{ ipBlock: { cidr: '10.0.0.1/8' } }]);
  assert.deepEqual(policy.update(old, old), []);
  assert.deepEqual(policy.warnings(old), ['spec.ingress[0].from[0].ipBlock.cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)']);
  assert.deepEqual(policy.warnings(allow([{ ipBlock: { cidr: 'FD00::/64' } }])), ['spec.ingress[0].from[0].ipBlock.cidr: IPv6 CIDR value "FD00::/64" should be in RFC 5952 canonical format ("fd00::/64")']);
  assert.deepEqual(policy.cells({ spec: { podSelector: { matchLabels: { a: 'b' } } } }), ['a', 'a=b', '60m']);
});

test('service networks', () => {
  const spec = (...cidrs: string[]): Fields => ({ spec: { cidrs } });
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [spec('10.0.0.0/24', 'fd00::/112')],
    [spec(), 'spec.cidrs: Required value: at least one CIDR required'],
    [spec('a', 'b', 'c'), 'spec.cidrs: Invalid value: {"CIDRs":["a","b","c"]}: may only hold up to 2 values'],
    [spec('FD00::/112'), 'spec.cidrs[0]: Invalid value: "FD00::/112": must be in canonical form ("fd00::/112")'],
    [spec('10.0.0.0/24', '10.0.1.0/24'), 'spec.cidrs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(cidr.errors(fields), expected);
  assert.deepEqual(cidr.update(spec('10.0.0.0/24'), spec('10.0.0.0/24', 'fd00::/112')), []);
  assert.deepEqual(cidr.update(spec('10.0.0.0/24'), spec('10.0.1.0/24')), ['spec.cidrs[0]: Invalid value: "10.0.1.0/24": field is immutable']);
  assert.deepEqual(cidr.update(spec('10.0.0.0/24', 'fd00::/112'), spec('10.0.0.0/24')), ['spec.cidrs: Invalid value: ["10.0.0.0/24"]: field is immutable']);
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  assert.equal(cidr.make({ ...spec('10.0.0.0/24'), status: ready }).status, undefined);
  const written = cidr.updated(spec('10.0.0.0/24'), { ...spec('10.0.1.0/24'), status: ready, metadata: { labels: { a: 'b' } } }, 'status');
  assert.deepEqual([written.spec, written.status, written.metadata.labels], [{ cidrs: ['10.0.0.0/24'] }, ready, undefined]);
  assert.deepEqual(cidr.cells(spec('10.0.0.0/24', 'fd00::/112')), ['a', '10.0.0.0/24,fd00::/112', '60m']);
});

test('addresses', () => {
  const parent = (fields: Fields): Fields => ({ spec: { parentRef: fields } });
  const rule = networking.ipAddressDefinition.nameRule!;
  assert.deepEqual(['10.0.0.1', 'fd00::1', '010.0.0.1', 'FD00::1', 'x'].map((name) => validateName(rule, name)), [[], [], ['must not have leading 0s'], ['must be in canonical form ("fd00::1")'], ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']]);
  assert.deepEqual(address.errors(parent({ resource: 'services', namespace: 'n', name: 's' })), []);
  assert.deepEqual(address.errors({}), ['spec.parentRef: Required value']);
  assert.deepEqual(address.errors(parent({ group: 'A', namespace: '..' })), [`spec.parentRef.group: Invalid value: "A": ${subdomain}`, 'spec.parentRef.resource: Required value', 'spec.parentRef.name: Required value', "spec.parentRef.namespace: Invalid value: \"..\": may not be '..'"]);
  assert.deepEqual(address.update(parent({ resource: 'services', name: 's' }), parent({ resource: 'services', name: 't' })), ['spec.parentRef: Invalid value: {"resource":"services","name":"t"}: field is immutable']);
  assert.deepEqual(address.cells(parent({ group: 'G', resource: 'Rs', namespace: 'n', name: 's' })), ['a', 'rs.g/n/s']);
});
