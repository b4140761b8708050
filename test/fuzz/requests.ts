import { stringify } from 'yaml';
import { encodeCbor } from '../../src/api/codec/cbor.ts';
import { encodeProtobuf } from '../../src/api/codec/protobuf.ts';
import type { ResourceSchema } from '../../src/api/schema/schema.ts';
import { builtinSchema, servedByDefault } from '../../src/api/schema/table.ts';
import type { Chance } from './chance.ts';
import { hostileNumber, hostileString } from './chance.ts';
import { anything, broken, names, valueOf } from './objects.ts';

/** One request, as it goes over the wire. */
export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly bytes: Buffer;
  /** Nothing says when the answer ends: a watch. */
  readonly endless: boolean;
  /** The server may hang up after it, or instead of an answer. */
  readonly mayHangUp: boolean;
}

const resources: readonly ResourceSchema[] = builtinSchema.resources.filter(servedByDefault);
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const paths = ['/', '/api', '/apis', '/apis/apps', '/apis/apps/v1', '/version', '/metrics', '/healthz', '/readyz?verbose', '/livez/ping', '/openapi/v2', '/openapi/v3', '/openapi/v3/api/v1', '/.well-known/openid-configuration', '/openid/v1/jwks', '/debug/api_priority_and_fairness/dump_queues', '/debug/pprof', '/nope'];
const accepts = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/cbor', '*/*', 'text/html', 'application/json;as=Table;g=meta.k8s.io;v=v1', 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'application/json;as=Table;g=x;v=y,application/json', ',,;;', 'application/json;q=0', 'application/json;stream=watch'];
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml', 'application/apply-patch+cbor'];
const tokens = [...Array.from({ length: 20 }, () => 'admin-token'), 'weak-token', 'wrong', ''];

function segment(chance: Chance): string {
  const text = chance.happens(0.9) ? chance.pick(names) : hostileString(chance);
  return chance.happens(0.9) ? encodeURIComponent(text.toWellFormed()) : Buffer.from(text).toString('latin1').replaceAll(/[^!-~]/g, '');
}

function resourcePath(resource: ResourceSchema, chance: Chance): string {
  const base = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const namespace = resource.namespaced ? chance.happens(0.85) : chance.happens(0.02);
  const name = chance.happens(0.5);
  const parts = [base, ...(chance.happens(0.01) ? ['watch'] : []), ...(namespace ? ['namespaces', chance.happens(0.9) ? 'default' : segment(chance)] : []), resource.resource];
  if (name) parts.push(segment(chance));
  if (name && chance.happens(0.25)) parts.push(resource.subresources.length > 0 && chance.happens(0.9) ? chance.pick(resource.subresources).name : segment(chance));
  if (chance.happens(0.01)) parts.push(segment(chance));
  return parts.join(chance.happens(0.99) ? '/' : '//');
}

const options: Readonly<Record<string, (chance: Chance) => string>> = {
  labelSelector: (chance) => chance.pick(['a=b', 'a!=b', 'a in (b,c)', '!a', 'a notin (b)', 'a>1', hostileString(chance), `${hostileString(chance)} in (${hostileString(chance)})`]),
  fieldSelector: (chance) => chance.pick(['metadata.name=a', 'metadata.namespace=default', 'spec.nodeName=x', 'status.phase!=Running', 'a\\=b=c', hostileString(chance), `${hostileString(chance)}=${hostileString(chance)}`]),
  limit: (chance) => String(hostileNumber(chance)),
  continue: (chance) => chance.pick(['', 'x', Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"a"}').toString('base64url'), Buffer.from(JSON.stringify(anything(chance, 0)) ?? '').toString('base64url')]),
  resourceVersion: (chance) => (chance.happens(0.01) ? '999999999' : chance.pick(['', '0', '1', '50', '-1', 'x', '1e3', '18446744073709551616'])),
  resourceVersionMatch: (chance) => chance.pick(['Exact', 'NotOlderThan', 'x', '']),
  timeoutSeconds: (chance) => chance.pick(['1', '0', '-1', 'x', '99999999999999999999']),
  timeout: (chance) => chance.pick(['1s', '0s', '-1s', 'x', '1', '1h', hostileString(chance)]),
  fieldValidation: (chance) => chance.pick(['Strict', 'Warn', 'Ignore', 'x']),
  fieldManager: (chance) => hostileString(chance),
  force: (chance) => chance.pick(['true', 'false', 'x']),
  pretty: (chance) => chance.pick(['true', 'false', '']),
  propagationPolicy: (chance) => chance.pick(['Orphan', 'Background', 'Foreground', 'x']),
  gracePeriodSeconds: (chance) => String(hostileNumber(chance)),
  orphanDependents: (chance) => chance.pick(['true', 'x']),
  allowWatchBookmarks: (chance) => chance.pick(['true', 'x']),
  sendInitialEvents: (chance) => chance.pick(['true', 'false', 'x']),
  includeObject: (chance) => chance.pick(['None', 'Object', 'Metadata', 'x']),
  container: (chance) => hostileString(chance),
  command: (chance) => hostileString(chance),
  tailLines: (chance) => String(hostileNumber(chance)),
  as: (chance) => hostileString(chance),
};
const optionNames = Object.keys(options);

function queryOf(method: string, chance: Chance): string[] {
  const query = Array.from({ length: chance.happens(0.4) ? 0 : chance.int(4) }, () => {
    const name = chance.pick(optionNames);
    return `${name}=${encodeURIComponent(options[name]!(chance).toWellFormed())}`;
  });
  if (method !== 'GET' && method !== 'HEAD' && chance.happens(0.8)) query.push('dryRun=All');
  if (chance.happens(0.005)) query.push(`${hostileString(chance)}=${hostileString(chance)}`.toWellFormed().replaceAll(/[^!-~]/g, '%41').replaceAll('#', ''));
  return query;
}

interface Body { readonly bytes: Buffer; readonly type: string }

function encoded(value: unknown, resource: ResourceSchema, chance: Chance): Body {
  try {
    switch (chance.int(10)) {
      case 0: case 1: return { bytes: Buffer.from(encodeProtobuf(value as never, resource.schema)), type: 'application/vnd.kubernetes.protobuf' };
      case 2: return { bytes: Buffer.from(encodeCbor(value as object)), type: 'application/cbor' };
      case 3: return { bytes: Buffer.from(stringify(value)), type: 'application/yaml' };
      default:
    }
  } catch {
    // What cannot be written so goes as JSON.
  }
  return { bytes: Buffer.from(JSON.stringify(value) ?? ''), type: 'application/json' };
}

const pointers = ['/metadata/labels', '/metadata/labels/a', '/spec', '/spec/replicas', '/metadata/name', '/data/a', '/metadata/finalizers/0', '/metadata/finalizers/-', '', '/', '/~', '/~0~1', '/__proto__/x', '/constructor/prototype', '/a/b/c/d'];

function patchOf(resource: ResourceSchema, chance: Chance): Body {
  const type = chance.pick(patchTypes);
  if (type === 'application/json-patch+json') {
    const operations = Array.from({ length: chance.int(5) }, () => ({ op: chance.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x']), path: chance.pick(pointers), ...(chance.happens(0.5) && { from: chance.pick(pointers) }), ...(chance.happens(0.8) && { value: anything(chance, 0) }) }));
    return { bytes: Buffer.from(JSON.stringify(chance.happens(0.95) ? operations : anything(chance, 0)) ?? ''), type };
  }
  const value = valueOf(resource.schema, chance) as Record<string, unknown> | null;
  const directed = typeof value === 'object' && value !== null && chance.happens(0.3) ? { ...value, ...chance.pick([{ $patch: 'delete' }, { $patch: 'replace' }, { $patch: 'x' }, { $retainKeys: ['a'] }, { '$setElementOrder/finalizers': ['a'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] }]) } : value;
  const typed = type.startsWith('application/apply') && typeof directed === 'object' ? { ...directed, apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`, kind: resource.kind } : directed;
  if (type === 'application/apply-patch+cbor') {
    try {
      return { bytes: Buffer.from(encodeCbor(typed as object)), type };
    } catch { /* As JSON then, which is no CBOR. */ }
  }
  return { bytes: Buffer.from(JSON.stringify(typed) ?? ''), type };
}

function bodyOf(method: string, resource: ResourceSchema, chance: Chance): Body {
  if (method === 'PATCH') return patchOf(resource, chance);
  if (method === 'DELETE') return { bytes: Buffer.from(JSON.stringify(chance.happens(0.5) ? { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: hostileNumber(chance), propagationPolicy: chance.pick(['Orphan', 'Background', 'Foreground', 'x']), preconditions: anything(chance, 1) } : anything(chance, 0)) ?? ''), type: 'application/json' };
  const value = valueOf(resource.schema, chance);
  const typed = typeof value === 'object' && value !== null && !Array.isArray(value) && chance.happens(0.95) ? { ...value, apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`, kind: resource.kind } : value;
  return encoded(typed, resource, chance);
}

function headersOf(chance: Chance): string[] {
  const headers: string[] = [];
  const token = chance.pick(tokens);
  if (token !== '') headers.push(`authorization: Bearer ${token}`);
  if (chance.happens(0.3)) headers.push(`accept: ${chance.pick(accepts)}`);
  const value = (): string => hostileString(chance).replaceAll(/[^!-~]/g, '');
  for (const name of ['impersonate-user', 'impersonate-group', 'impersonate-uid', 'impersonate-extra-x', 'x-remote-user', 'audit-id', 'if-none-match', 'range', 'user-agent', 'origin', 'expect', 'x-forwarded-for', 'accept-encoding']) {
    if (!chance.happens(0.01)) continue;
    headers.push(`${name}: ${name === 'accept-encoding' ? 'gzip' : name === 'expect' ? '100-continue' : value()}`);
  }
  return headers;
}

/** The request of one seed. */
export function hostileRequest(chance: Chance): HostileRequest {
  if (chance.happens(0.002)) return garbage(chance);
  const resource = chance.pick(resources);
  const method = chance.happens(0.97) ? chance.pick(methods.slice(0, 6)) : chance.pick([...methods, 'TRACE', 'PROPFIND', 'SEARCH']);
  const plain = chance.happens(0.03);
  let path = plain ? chance.pick(paths) : resourcePath(resource, chance);
  // Everything of a kind at once would leave nothing to try on, and the cluster's own parts are not ours to delete.
  if (method === 'DELETE' && /\/(namespaces|flowschemas|prioritylevelconfigurations|clusterrolebindings|clusterroles|serviceaccounts|servicecidrs)$/.test(path)) path += '/a';
  const endless = (method === 'GET' || method === 'HEAD') && (path.includes('/watch/') || chance.happens(0.01));
  const query = plain ? [] : queryOf(method, chance);
  if (endless) query.push('watch=1');
  const hasBody = method !== 'GET' && method !== 'HEAD' && chance.happens(0.97);
  const { bytes, type } = hasBody ? bodyOf(method, resource, chance) : { bytes: Buffer.alloc(0), type: '' };
  const isBroken = chance.happens(0.15);
  const body = isBroken ? broken(bytes, chance) : bytes;
  const contentType = chance.happens(0.97) ? type : chance.pick([...patchTypes, 'text/plain', 'application/yaml', 'application/vnd.kubernetes.protobuf', '']);
  const url = query.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${query.join('&')}`;
  const head = [`${method} ${url} HTTP/1.1`, 'host: a', ...headersOf(chance), ...(body.length > 0 || hasBody ? [`content-length: ${body.length}`, ...(contentType === '' ? [] : [`content-type: ${contentType}`])] : [])];
  return { method, path: url, bytes: Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]), endless, mayHangUp: head.some((line) => line.startsWith('expect:')) || /[^!-~]/.test(url) };
}

/** What is hardly HTTP. */
function garbage(chance: Chance): HostileRequest {
  const kinds: (() => Buffer)[] = [
    () => Buffer.from(`${hostileString(chance)} ${hostileString(chance)} ${hostileString(chance)}\r\n\r\n`),
    () => Buffer.from(`GET /api HTTP/1.1\r\nhost: a\r\n${hostileString(chance)}: ${hostileString(chance)}\r\n\r\n`),
    () => Buffer.from(`POST /api/v1/namespaces HTTP/1.1\r\nhost: a\r\nauthorization: Bearer admin-token\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\n${chance.pick(['5\r\n{"a":', 'zz\r\n', 'ffffffffffffffff\r\n', '0\r\n\r\n', '-1\r\n'])}`),
    () => Buffer.from(`POST /api/v1/namespaces HTTP/1.1\r\nhost: a\r\ncontent-length: ${chance.pick(['-1', 'x', '99999999999', '5, 5'])}\r\n\r\n{}`),
    () => broken(Buffer.from('GET /api/v1/namespaces/default HTTP/1.1\r\nhost: a\r\nauthorization: Bearer admin-token\r\n\r\n'), chance),
    () => Buffer.from(Array.from({ length: 1 + chance.int(200) }, () => chance.int(256))),
  ];
  const bytes = chance.pick(kinds)();
  return { method: 'GET', path: JSON.stringify(bytes.toString('latin1').slice(0, 60)), bytes, endless: false, mayHangUp: true };
}
