import { uidOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { ContainerStatus } from '../../runtime/runtime.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import type { PodRuntimeState } from './pod-runtime.ts';
import { annotations } from './pod-runtime.ts';

const maxMessageBytes = 4096;
const maxLogBytes = 2048;
const maxLogLines = 80;

/** What ended containers left as their last words; read once each. */
export class TerminationMessages {
  readonly #messages = new Map<string, string>();

  get(containerId: string): string | undefined {
    const message = this.#messages.get(containerId);
    return message === '' ? undefined : message;
  }

  /** Reads the messages of containers that have ended since. */
  async collect(context: KubeletContext, pod: Pod, state: PodRuntimeState): Promise<void> {
    if (context.host.virtual) return;
    for (const status of state.containers) {
      if (status.state !== 'exited' || this.#messages.has(status.id)) continue;
      this.#messages.set(status.id, await read(context, pod, status));
    }
    for (const id of this.#messages.keys()) if (!state.containers.some((status) => status.id === id)) this.#messages.delete(id);
  }
}

async function read(context: KubeletContext, pod: Pod, status: ContainerStatus): Promise<string> {
  const path = context.directories.terminationLog(uidOf(pod), status.name, status.attempt);
  const message = await context.host.files.readTail(path, maxMessageBytes).catch((error: unknown) => `Error on reading termination log ${path}: ${(error as Error).message}`);
  if (message !== '' || status.exitCode === 0 || status.annotations[annotations.terminationMessagePolicy] !== 'FallbackToLogsOnError') return message;
  let tail = '';
  try {
    for await (const line of context.runtime.readLog(status.id, { follow: false, tailLines: maxLogLines, signal: new AbortController().signal })) tail += Buffer.from(line.content).toString('utf8');
  } catch (error) {
    return `Error on reading termination message from logs: ${(error as Error).message}`;
  }
  return tail.slice(-maxLogBytes);
}
