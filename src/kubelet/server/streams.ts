import type { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { nameOf } from '../../api/meta/object.ts';
import type { ProcessStreams } from '../../runtime/runtime.ts';
import { servePortForward } from '../../streaming/serve-port-forward.ts';
import { serveRemoteCommand } from '../../streaming/serve-remote-command.ts';
import type { PortForwardStream, RemoteCommandOptions, RemoteCommandSession, UpgradeRequest } from '../../streaming/streaming.ts';
import { findContainer } from '../pods/pod-spec.ts';
import type { FoundPod } from './served-kubelet.ts';
import { HttpError, runningContainer } from './served-kubelet.ts';

/** The kubelet's own names for the streams, or those of the API. */
function optionsOf(query: URLSearchParams): RemoteCommandOptions {
  const on = (...names: readonly string[]): boolean => names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''));
  const options = { stdin: on('input', 'stdin'), stdout: on('output', 'stdout'), stderr: on('error', 'stderr'), tty: on('tty') };
  if (!options.stdin && !options.stdout && !options.stderr) throw new HttpError(400, 'you must specify at least 1 of stdin, stdout, stderr');
  return options.tty ? { ...options, stderr: false } : options;
}

/** Runs a command in a container, its streams on the connection. Throws HttpError while the connection is still HTTP. */
export async function serveExec(found: FoundPod, container: string, query: URLSearchParams, request: UpgradeRequest): Promise<void> {
  const { id } = runningContainer(found, container);
  const command = query.getAll('command');
  if (command.length === 0) throw new HttpError(400, 'you must specify at least one command');
  const options = optionsOf(query);
  const { runtime } = found.kubelet.context;
  await serve(await serveRemoteCommand(request, options), () => runtime.exec(id, { ...options, command }));
}

/** Connects to the container's main process. Throws HttpError while the connection is still HTTP. */
export async function serveAttach(found: FoundPod, container: string, query: URLSearchParams, request: UpgradeRequest): Promise<void> {
  const { id } = runningContainer(found, container);
  // Whether there is a terminal was settled when the container started.
  const tty = findContainer(found.pod, container)?.container.tty === true;
  const asked = optionsOf(query);
  const options = { ...asked, tty, stderr: asked.stderr && !tty };
  const { runtime } = found.kubelet.context;
  await serve(await serveRemoteCommand(request, options), () => runtime.attach(id, options));
}

async function serve(session: RemoteCommandSession, start: () => Promise<ProcessStreams>): Promise<void> {
  let process: ProcessStreams;
  try {
    process = await start();
  } catch (error) {
    await session.finish({ error: error as Error });
    return;
  }
  session.onResize((width, height) => process.resize(width, height));
  session.signal.addEventListener('abort', () => process.close(), { once: true });
  if (session.stdin !== undefined && process.stdin !== undefined) void pass(session.stdin, process.stdin, true);
  const outputs = Promise.all([pass(process.stdout, session.stdout, false), pass(process.stderr, session.stderr, false)]);
  try {
    const result = await process.exit;
    await outputs;
    await session.finish(result);
  } catch (error) {
    await session.finish({ error: error as Error });
  }
}

/** Copies until the end; a reader that goes away is no error here. */
async function pass(from: Readable | undefined, to: Writable | undefined, end: boolean): Promise<void> {
  if (from === undefined) return;
  if (to === undefined) {
    from.resume();
    return;
  }
  await pipeline(from, to, { end }).catch(() => {});
}

/** Forwards connections to ports of the pod until the client goes. */
export async function serveForward(found: FoundPod, request: UpgradeRequest): Promise<void> {
  const sandbox = found.state.sandbox;
  if (sandbox?.ready !== true) throw new HttpError(500, `pod not found (${JSON.stringify(nameOf(found.pod))})`);
  const { runtime } = found.kubelet.context;
  const forward = async (stream: PortForwardStream): Promise<void> => {
    let target: Duplex;
    try {
      target = await runtime.portForward(sandbox.id, stream.port);
    } catch (error) {
      stream.fail(`error forwarding port ${stream.port} to pod ${sandbox.id}, uid : ${(error as Error).message}`);
      return;
    }
    await Promise.all([pass(stream.data, target, true), pass(target, stream.data, true)]);
  };
  const session = await servePortForward(request);
  session.onStream((stream) => void forward(stream));
  await session.closed;
}
