/**
 * The servers of agnhost, the image that Kubernetes' own tests run: what their requests ask of it, answered as it answers.
 * Bundled into our image of that name by scripts/make-images.sh; a shell in the image does what needs no server.
 */
import { guestbook } from './guestbook.ts';
import { netexec } from './netexec.ts';
import { optionsOf } from './options.ts';
import { porter } from './porter.ts';
import { liveness, nettest, serveHostname, testWebserver } from './servers.ts';

const commands: Readonly<Record<string, (options: ReadonlyMap<string, string>) => unknown>> = {
  netexec, guestbook, porter, liveness, nettest, 'serve-hostname': serveHostname, 'test-webserver': testWebserver,
};

const [command = '', ...args] = process.argv.slice(2);
const run = commands[command];
if (run === undefined) {
  console.error(`agnhost: ${command} is not a part of this image`);
  process.exit(1);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
await run(optionsOf(args));
