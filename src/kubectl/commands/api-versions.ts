import { ApiError } from '../../api/status.ts';
import { command } from '../command.ts';
import { KubectlError } from '../errors.ts';
import { usageError } from '../usage-error.ts';

export default command({
  usage: 'api-versions',
  description: 'Print the supported API versions on the server, in the form of "group/version".',
  examples: `
    # What the server speaks
    kubectl api-versions`,
  async run({ session, args, path }) {
    if (args.length > 0) throw usageError(`unexpected arguments: [${args.join(' ')}]`, path);
    const { groups } = await session.mapper().then((mapper) => mapper.refresh()).catch((error: unknown) => {
      throw error instanceof ApiError ? new KubectlError(`couldn't get available api versions from server: ${error.message}`, { cause: error }) : error;
    });
    const versions = groups.flatMap(({ name, versions: of }) => of.map((version) => (name === '' ? version : `${name}/${version}`)));
    await session.io.stdout.write(versions.sort().map((version) => `${version}\n`).join(''));
  },
});
