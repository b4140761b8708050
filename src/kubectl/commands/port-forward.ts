import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Pod, Service } from '../../api/types/core/v1.ts';
import type { SpdyConnection } from '../../streaming/spdy/connection.ts';
import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError } from '../errors.ts';
import { duration, list } from '../flags/flags.ts';
import { attachablePod, namedObject } from '../resources/attachable-pod.ts';
import type { AnyObject } from '../resources/item.ts';
import { keepAwake, openPortForward } from '../streams/port-forward.ts';
import { usageError } from '../usage-error.ts';

const flags = {
  'address': list('Addresses to listen on (comma separated). Only accepts IP addresses or localhost as a value. When localhost is supplied, kubectl will try to bind on both 127.0.0.1 and ::1 and will fail if neither of these addresses are available to bind.'),
  'pod-running-timeout': duration('The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running', { initial: 60_000, text: '1m0s' }),
} as const;

interface Forward { readonly local: number; readonly remote: number }

const isNumber = (text: string): boolean => /^\d+$/.test(text);

function portNumber(text: string, whole: string): number {
  const port = Number(text);
  if (!isNumber(text) || port > 65535) throw new KubectlError(`error parsing ${whole.includes(':') ? 'local' : 'remote'} port '${text}': strconv.ParseUint: parsing ${JSON.stringify(text)}: ${isNumber(text) ? 'value out of range' : 'invalid syntax'}`);
  return port;
}

function containerPort(pod: Pod, name: string): number {
  const found = pod.spec?.containers.flatMap(({ ports }) => ports ?? []).find((port) => port.name === name);
  if (found === undefined) throw new KubectlError(`Pod '${pod.metadata.name ?? ''}' does not have a named port '${name}'`);
  return found.containerPort;
}

/** The pod's port behind a service's, by number or name. */
function targetPort(service: Service, pod: Pod, text: string): number {
  const port = service.spec?.ports?.find((one) => (isNumber(text) ? one.port === Number(text) : one.name === text));
  if (port === undefined) throw new KubectlError(isNumber(text) ? `Service ${service.metadata.name ?? ''} does not have a service port ${text}` : `Service '${service.metadata.name ?? ''}' does not have a named port '${text}'`);
  if (port.protocol === 'UDP') throw new KubectlError(`UDP protocol is not supported for ${text}`);
  // A service without an address of its own is its pods: what is named are their ports.
  if (service.spec?.clusterIP === 'None') return port.port;
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  return isNumber(target) ? Number(target) : containerPort(pod, target);
}

function forwards(ports: readonly string[], object: AnyObject, pod: Pod): Forward[] {
  return ports.map((port) => {
    const [first = '', second, ...rest] = port.split(':');
    if (rest.length > 0) throw new KubectlError(`invalid port format '${port}'`);
    const remoteText = second ?? first;
    if (remoteText === '') throw new KubectlError('remote port cannot be empty');
    const remote = object.kind === 'Service' ? targetPort(object as unknown as Service, pod, remoteText) : isNumber(remoteText) ? portNumber(remoteText, port) : containerPort(pod, remoteText);
    if (remote === 0) throw new KubectlError('remote port must be > 0');
    const local = second === undefined ? (isNumber(first) ? Number(first) : remote) : first === '' ? 0 : portNumber(first, port);
    return { local, remote };
  });
}

const shownAddress = (address: string, port: number): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);

function listen(address: string, port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, onConnection);
    server.once('error', reject);
    server.listen({ host: address, port, ipv6Only: address.includes(':') }, () => resolve(server));
  });
}

class Forwarder {
  readonly #call: Call<typeof flags>;
  readonly #spdy: SpdyConnection;
  #nextRequest = 0;

  constructor(call: Call<typeof flags>, spdy: SpdyConnection) {
    this.#call = call;
    this.#spdy = spdy;
  }

  async connect(socket: Socket, { local, remote }: Forward): Promise<void> {
    const { io } = this.#call.session;
    await io.stdout.write(`Handling connection for ${local}\n`);
    const common = { port: String(remote), requestid: String(this.#nextRequest++) };
    const error = await this.#spdy.open({ ...common, streamtype: 'error' }, { onlyRead: true });
    const failure = (async () => {
      let text = '';
      for await (const chunk of error.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
      return text;
    })();
    const data = await this.#spdy.open({ ...common, streamtype: 'data' });
    const copies = Promise.allSettled([pipeline(socket, data), pipeline(data, socket)]);
    const text = await failure.catch(() => '');
    if (text !== '') {
      await io.stderr.write(`error: an error occurred forwarding ${local} -> ${remote}: ${text}\n`);
      socket.destroy();
      throw new KubectlError('lost connection to pod');
    }
    await copies;
  }
}

async function open(call: Call<typeof flags>, forward: Forward, connect: (socket: Socket, forward: Forward) => void): Promise<Server[]> {
  const { session: { io }, flags: { address } } = call;
  const asked = address.length === 0 ? ['localhost'] : address;
  const servers: Server[] = [];
  for (const one of asked) {
    let { local } = forward;
    const failures: NodeJS.ErrnoException[] = [];
    let opened = 0;
    for (const host of one === 'localhost' ? ['127.0.0.1', '::1'] : [one]) {
      try {
        const server = await listen(host, local, (socket) => connect(socket, { ...forward, local }));
        const bound = server.address();
        if (bound !== null && typeof bound === 'object') local = bound.port;
        servers.push(server);
        opened++;
        await io.stdout.write(`Forwarding from ${shownAddress(host, local)} -> ${forward.remote}\n`);
      } catch (error) {
        failures.push(error as NodeJS.ErrnoException);
      }
    }
    if (opened === 0) await io.stderr.write(`Unable to listen on port ${forward.local}: ${failures.map((failure) => (failure.code === 'EADDRINUSE' ? `bind: address already in use` : failure.message)).join(', ')}\n`);
  }
  return servers;
}

async function run(call: Call<typeof flags>): Promise<void> {
  const { session, args, flags: values, path } = call;
  const { io } = session;
  if (args.length < 2) throw usageError('TYPE/NAME and list of ports are required for port-forward', path);
  const object = await namedObject(session, args[0]!);
  const pod = await attachablePod(session, object, values['pod-running-timeout']);
  const wanted = forwards(args.slice(1), object, pod);
  if (pod.status?.phase !== 'Running') throw new KubectlError(`unable to forward port because pod is not running. Current status=${pod.status?.phase ?? ''}`);
  const spdy = await openPortForward(await session.connection(), `/api/v1/namespaces/${encodeURIComponent(pod.metadata.namespace ?? '')}/pods/${encodeURIComponent(pod.metadata.name ?? '')}/portforward`);
  const forwarder = new Forwarder(call, spdy);
  const servers: Server[] = [];
  const stop = new AbortController();
  void keepAwake(spdy, io.clock, stop.signal);
  try {
    await new Promise<void>((resolve, reject) => {
      const connect = (socket: Socket, forward: Forward): void => {
        socket.on('error', () => socket.destroy());
        forwarder.connect(socket, forward).catch(reject);
      };
      io.signal.addEventListener('abort', () => resolve(), { once: true });
      void spdy.closed.then(() => reject(new KubectlError('lost connection to pod')));
      (async () => {
        for (const forward of wanted) servers.push(...await open(call, forward, connect));
        if (servers.length === 0) throw new KubectlError(`unable to listen on any of the requested ports: [${wanted.map(({ local, remote }) => `{${local} ${remote}}`).join(' ')}]`);
      })().catch(reject);
    });
  } finally {
    stop.abort();
    for (const server of servers) server.close();
    spdy.destroy();
  }
}

export default command({
  usage: 'port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  description: `Forward one or more local ports to a pod.

 With TYPE/NAME, a pod of the object is chosen. Forwarding ends when that pod does, or at Ctrl-C.`,
  examples: `
    # Ports 5000 and 6000 here to the same of a pod
    kubectl port-forward pod/web-0 5000 6000

    # Port 8888 here to the port that a service calls https
    kubectl port-forward service/web 8888:https

    # A port that is free here
    kubectl port-forward pod/web-0 :5000`,
  flags,
  run,
});
