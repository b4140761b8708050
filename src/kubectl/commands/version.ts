import type { ServerVersion } from '../client-version.ts';
import { clientVersion } from '../client-version.ts';
import { command } from '../command.ts';
import { KubectlError } from '../errors.ts';
import { bool, text } from '../flags/flags.ts';
import { toGoYaml } from '../printers/go-yaml.ts';

const kustomizeVersion = 'v5.8.1';
/** Client and server may be this many minor versions apart. */
const supportedSkew = 1;

function skewWarning(server: ServerVersion): string | undefined {
  const minor = Number.parseInt(server.minor ?? '', 10);
  if (!Number.isFinite(minor) || Math.abs(minor - Number(clientVersion.minor)) <= supportedSkew) return undefined;
  return `WARNING: version difference between client (${clientVersion.major}.${clientVersion.minor}) and server (${server.major ?? ''}.${minor}) exceeds the supported minor version skew of +/-${supportedSkew}\n`;
}

export default command({
  usage: 'version',
  description: 'Print the client and server version information for the current context.',
  examples: `
    # The versions of client and server
    kubectl version`,
  flags: {
    client: bool('If true, shows client version only (no server required).'),
    output: text('One of \'yaml\' or \'json\'.', { short: 'o' }),
  },
  async run({ session, flags, args }) {
    if (args.length > 0) throw new KubectlError(`extra arguments: [${args.join(' ')}]`);
    if (flags.output !== '' && flags.output !== 'yaml' && flags.output !== 'json') throw new KubectlError('--output must be \'yaml\' or \'json\'');
    const { io } = session;
    let server: ServerVersion | undefined;
    let failure: Error | undefined;
    if (!flags.client) {
      try {
        server = await (await session.connection()).json<ServerVersion>({ method: 'GET', path: '/version' });
      } catch (error) {
        failure = error as Error;
      }
    }
    const shown = { clientVersion, kustomizeVersion, ...(server !== undefined && { serverVersion: server }) };
    if (flags.output === 'json') await io.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    else if (flags.output === 'yaml') await io.stdout.write(toGoYaml(shown));
    else await io.stdout.write(`Client Version: ${clientVersion.gitVersion}\nKustomize Version: ${kustomizeVersion}\n${server === undefined ? '' : `Server Version: ${server.gitVersion ?? ''}\n`}`);
    const warning = server === undefined ? undefined : skewWarning(server);
    if (warning !== undefined) await io.stderr.write(warning);
    if (failure !== undefined) throw failure;
  },
});
