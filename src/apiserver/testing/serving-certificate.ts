import { RealClock } from '../../base/real-clock.ts';
import { createMemoryPki } from '../../pki/pki.ts';

let made: ReturnType<typeof createMemoryPki> | undefined;

/** The keys and certificates of a control plane on loopback, made once a process. */
export function testPki(): ReturnType<typeof createMemoryPki> {
  return (made ??= createMemoryPki({ clock: new RealClock(), apiServerNames: ['127.0.0.1', 'localhost'] }));
}
