/** The API server in a process of its own, so that its memory can be told from the fuzzer's. Talks to its parent. */
import { RealClock } from '../../src/base/real-clock.ts';
import { boundYoungGeneration } from '../../src/cmd/young-generation.ts';
import { startFuzzServer } from './server.ts';

const say = (message: object): void => { process.send!(message); };
const server = await startFuzzServer((line) => say({ complaint: line.slice(0, 2000) }));
// As the program does.
boundYoungGeneration(new RealClock());
process.on('unhandledRejection', (error) => say({ complaint: `unhandled rejection: ${error instanceof Error ? error.stack : String(error)}` }));
process.on('disconnect', () => process.exit(0));
setInterval(() => {
  const { rss: rssBytes, heapUsed, external } = process.memoryUsage();
  say({ rssBytes, heldBytes: heapUsed + external });
}, 500).unref();
say({ port: server.port });
