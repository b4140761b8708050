import { statSync } from 'node:fs';
import { basename, posix, resolve } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { bool, int, text } from '../../flags/flags.ts';
import type { Output } from '../../io.ts';
import { containerOf } from '../../resources/containers-of.ts';
import { podPath } from '../../streams/container-session.ts';
import type { LocalEnds } from '../../streams/remote-command.ts';
import { runRemoteCommand } from '../../streams/remote-command.ts';
import { extract } from './extract.ts';
import { tarEntries } from './tar-reader.ts';
import { tarOf } from './tar-writer.ts';

const flags = {
  'container': text('Container name. If omitted, use the kubectl.kubernetes.io/default-container annotation for selecting the container to be attached or the first container in the pod will be chosen', { short: 'c' }),
  'no-preserve': bool('The copied file/directory\'s ownership and permissions will not be preserved in the container'),
  'retries': int('Set number of retries to complete a copy operation from a container. Specify 0 to disable or any negative value for infinite retrying.'),
} as const;

type CpCall = Call<typeof flags>;

interface FileSpec { readonly namespace: string; readonly pod: string; readonly file: string }

const badSpec = 'filespec must match the canonical format: [[namespace/]pod:]file/path';

function fileSpec(argument: string): FileSpec {
  const colon = argument.indexOf(':');
  if (colon === 0) throw new KubectlError(badSpec);
  if (colon < 0) return { namespace: '', pod: '', file: argument.length > 1 ? argument.replace(/\/$/, '') : argument };
  const pieces = argument.slice(0, colon).split('/');
  if (pieces.length > 2) throw new KubectlError(badSpec);
  const file = argument.slice(colon + 1);
  return { namespace: pieces.length === 2 ? pieces[0]! : '', pod: pieces.at(-1)!, file: file.length > 1 ? file.replace(/\/$/, '') : file };
}

/** Runs a command in the pod's container. */
class RemoteShell {
  readonly #call: CpCall;
  readonly #pod: Pod;
  readonly #container: string;

  private constructor(call: CpCall, pod: Pod, container: string) {
    this.#call = call;
    this.#pod = pod;
    this.#container = container;
  }

  static async open(call: CpCall, { namespace, pod: name }: FileSpec, tell: Output): Promise<RemoteShell> {
    const { session } = call;
    const inNamespace = namespace === '' ? (await session.namespace()).name : namespace;
    const pod = await (await session.connection()).json<Pod>({ method: 'GET', path: `/api/v1/namespaces/${encodeURIComponent(inNamespace)}/pods/${encodeURIComponent(name)}` });
    const phase = pod.status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed') throw new KubectlError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
    return new RemoteShell(call, pod, await containerOf(pod, call.flags.container, { io: { stderr: tell }, quiet: false }));
  }

  /** Resolves with the command's exit code. */
  async run(words: readonly string[], ends: Pick<LocalEnds, 'stdin' | 'stdout' | 'stderr'>): Promise<number> {
    const { session } = this.#call;
    const query = new URLSearchParams({ container: this.#container, ...(ends.stdin !== undefined && { stdin: 'true' }), stdout: 'true', stderr: 'true' });
    for (const word of words) query.append('command', word);
    return runRemoteCommand(await session.connection(), `${podPath(this.#pod, 'exec')}?${query.toString()}`, { ...ends, signal: session.io.signal });
  }
}

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
const failed = (exitCode: number): KubectlError => new KubectlError(`command terminated with exit code ${exitCode}`, { exitCode, prefixed: true });

async function toPod(call: CpCall, source: string, target: FileSpec): Promise<void> {
  const { session: { io }, flags: values } = call;
  const path = resolve(io.folder, source);
  try {
    statSync(path);
  } catch (error) {
    throw new KubectlError(`${source} doesn't exist in local filesystem`, { cause: error });
  }
  const shell = await RemoteShell.open(call, target, io.stderr);
  const intoFolder = await shell.run(['test', '-d', target.file], { stdin: undefined, stdout: nowhere(), stderr: nowhere() }) === 0;
  const file = posix.normalize(intoFolder ? posix.join(target.file, basename(path)) : target.file);
  const folder = posix.dirname(file);
  const words = ['tar', ...(values['no-preserve'] ? ['--no-same-permissions', '--no-same-owner'] : []), '-xmf', '-', ...(folder === '' ? [] : ['-C', folder])];
  const exitCode = await shell.run(words, { stdin: Readable.from(tarOf(path, posix.basename(file))), stdout: io.stdout.stream, stderr: io.stderr.stream });
  if (exitCode !== 0) throw failed(exitCode);
}

/** The archive as it comes; where it breaks off, it is asked for from there again, as often as `--retries` says. */
async function* archiveOf(call: CpCall, shell: RemoteShell, file: string): AsyncGenerator<Buffer> {
  const { session: { io }, flags: { retries } } = call;
  let received = 0;
  for (let tries = 0; ; tries++) {
    const pipe = new PassThrough();
    const words = retries === 0 ? ['tar', 'cf', '-', file] : ['sh', '-c', `tar cf - '${file.replaceAll('\'', '\'\\\'\'')}' | tail -c+${received === 0 ? 0 : received + 1}`];
    const ended = shell.run(words, { stdin: undefined, stdout: pipe, stderr: io.stdout.stream }).then((exitCode) => {
      if (exitCode === 0) pipe.end();
      else pipe.destroy(failed(exitCode));
    }, (error: unknown) => pipe.destroy(error as Error));
    try {
      for await (const chunk of pipe as AsyncIterable<Buffer>) {
        received += chunk.length;
        yield chunk;
      }
      await ended;
      return;
    } catch (error) {
      if (io.signal.aborted || (retries >= 0 && tries >= retries)) throw error;
      await io.stdout.write(`Resuming copy at ${received} bytes, retry ${tries + 1}/${retries}\n`);
    }
  }
}

async function fromPod(call: CpCall, source: FileSpec, destination: string): Promise<void> {
  // As upstream, which keeps standard output for what tar complains of as well.
  const shell = await RemoteShell.open(call, source, call.session.io.stdout);
  // As tar does: names in the archive have no slash at their beginning, and no way out of the root.
  const prefix = posix.normalize(source.file.replace(/^\/+/, '')).replace(/^(?:\.\.?\/)+/, '').replace(/^\.\.?$/, '');
  await extract(tarEntries(archiveOf(call, shell, source.file)), { io: call.session.io, prefix, destination });
}

async function run(call: CpCall): Promise<void> {
  const { args } = call;
  if (args.length !== 2) throw new KubectlError('source and destination are required');
  const [source, target] = [fileSpec(args[0]!), fileSpec(args[1]!)];
  if (source.pod !== '' && target.pod !== '') throw new KubectlError('one of src or dest must be a local file specification');
  if (source.file === '' || target.file === '') throw new KubectlError('filepath can not be empty');
  if (source.pod !== '') return fromPod(call, source, target.file);
  if (target.pod !== '') return toPod(call, source.file, target);
  throw new KubectlError('one of src or dest must be a remote file specification');
}

export default command({
  usage: 'cp <file-spec-src> <file-spec-dest>',
  description: `Copy files and directories to and from containers.

 The container's image needs a tar. Modes are kept, and so are symlinks that lead to what is copied; what would be written outside the destination is not.`,
  examples: `
    # To a pod
    kubectl cp /tmp/foo web-0:/tmp/bar

    # To a pod of another namespace, into one of its containers
    kubectl cp /tmp/foo shop/web-0:/tmp/bar -c sidecar

    # From a pod
    kubectl cp shop/web-0:/tmp/foo /tmp/bar`,
  flags,
  run,
});
