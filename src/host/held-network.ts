import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Clock } from '../base/clock.ts';

/** In the kernel's own names, which each network namespace has for itself and which end with the process. */
const socketName = '\0coxswain-node';
/** Who holds it answers at once, or is stuck. */
const answerMs = 2000;

/** The data directory of the node that has this network; undefined when it does not say. */
async function holder(clock: Clock): Promise<string | undefined> {
  const socket = connect(socketName).setEncoding('utf8');
  const timer = clock.setTimer(answerMs, () => socket.destroy());
  let text = '';
  socket.on('data', (chunk: string) => { text += chunk; });
  await once(socket, 'close').catch(() => {});
  timer.cancel();
  return text === '' ? undefined : text;
}

/**
 * Takes this network for a real node, until it is disposed or the process ends: a second one would take the first one's bridge
 * and packet filter rules away, and end its pods as orphans. Rejects, saying who has it and what to do.
 */
export async function holdNetwork(dataDir: string, clock: Clock): Promise<Disposable> {
  const server = createServer((socket) => { socket.on('error', () => {}).end(dataDir); }).unref();
  server.listen(socketName);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const other = await holder(clock);
    throw new Error(`another node with real containers runs on this machine${other === undefined ? '' : ` (its data is in ${other})`}: stop it first, or start this one with --runtime simulated, or in a network namespace of its own`, { cause: error });
  }
  return { [Symbol.dispose]: () => { server.close(); } };
}
