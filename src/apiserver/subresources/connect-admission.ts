/** Admission of what turns a request into a connection: exec, attach, portforward and proxy, with what was asked for as its object. */
import type { KubeObject } from '../../api/meta/object.ts';
import { badRequestError } from '../../api/status.ts';
import type { Core } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import { queryFlag } from '../request-info.ts';
import { admit, validateAdmission } from '../verbs/admit.ts';
import { writeContextOf } from '../verbs/write-context.ts';
import { servedOf, storedResource } from './own-endpoint.ts';

export interface SessionOptions extends KubeObject {
  kind: 'PodExecOptions' | 'PodAttachOptions';
  stdin?: boolean;
  stdout?: boolean;
  stderr?: boolean;
  tty?: boolean;
  container?: string;
  command?: string[];
}

export interface PortForwardOptions extends KubeObject {
  kind: 'PodPortForwardOptions';
  ports?: number[];
}

function portNumber(text: string): number {
  if (!/^-?\d+$/.test(text)) throw badRequestError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** What a query asks of a pod's stream. */
export function streamOptions(subresource: string, query: URLSearchParams): SessionOptions | PortForwardOptions {
  const typed = { apiVersion: 'v1', metadata: {} };
  if (subresource === 'portforward') {
    const ports = query.getAll('ports').flatMap((value) => value.split(',')).filter((port) => port !== '').map(portNumber);
    return { kind: 'PodPortForwardOptions', ...typed, ...(ports.length > 0 && { ports }) };
  }
  const flags = Object.fromEntries(['stdin', 'stdout', 'stderr', 'tty'].filter((flag) => queryFlag(query.get(flag))).map((flag) => [flag, true]));
  const [container, command] = [query.get('container') ?? '', query.getAll('command')];
  return { kind: subresource === 'exec' ? 'PodExecOptions' : 'PodAttachOptions', ...typed, ...flags, ...(container !== '' && { container }), ...(command.length > 0 && { command }) };
}

/** Lets admission judge a connection; it may change what is asked for. */
export async function admitConnect(core: Core, request: ServerRequest, object: KubeObject & { readonly kind: string }): Promise<void> {
  const { info } = request;
  const { schema } = storedResource(core, info.apiGroup, info.resource);
  const admittee = { operation: 'CONNECT' as const, schema, subresource: info.subresource, kind: object.kind, namespace: info.namespace, name: info.name, object, oldObject: undefined };
  const context = writeContextOf(request, servedOf(core, request), { dryRun: false, options: () => undefined });
  await admit(core, admittee, context);
  await validateAdmission(core, admittee, context);
}
