import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import type { Preference } from '../../preferences/preference.ts';
import { parsePreference } from '../../preferences/preference.ts';
import { outputFlags, printOwn } from '../../printers/output.ts';
import type { AnyObject } from '../../resources/item.ts';
import { kubercInUse, noPreference, readKuberc, writeKuberc } from './kuberc-in-use.ts';

/** What a newcomer is offered. */
const recommended: Preference = {
  ...noPreference,
  defaults: [{ command: 'apply', options: [{ name: 'server-side', default: 'true' }] }, { command: 'delete', options: [{ name: 'interactive', default: 'true' }] }],
};

/** Fields in the order of Go's structures, which JSON keeps. */
function ordered({ kind, apiVersion, defaults, aliases, credentialPluginPolicy: policy, credentialPluginAllowlist: allowed }: Preference): AnyObject {
  return {
    ...(kind !== undefined && { kind }), ...(apiVersion !== undefined && { apiVersion }),
    defaults: (defaults ?? []).map(({ command: name, options }) => ({ command: name, options: options?.map((one) => ({ name: one.name, default: one.default })) ?? null })),
    aliases: (aliases ?? []).map(({ name, command: target, prependArgs = [], appendArgs = [], options = [] }) => ({
      name, command: target, ...(prependArgs.length > 0 && { prependArgs }), ...(appendArgs.length > 0 && { appendArgs }), ...(options.length > 0 && { options: options.map((one) => ({ name: one.name, default: one.default })) }),
    })),
    ...(policy !== undefined && policy !== '' && { credentialPluginPolicy: policy }),
    ...(allowed !== undefined && allowed.length > 0 && { credentialPluginAllowlist: allowed }),
  } as AnyObject;
}

async function firstLineOf(stdin: AsyncIterable<Buffer | string>): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += chunk.toString();
    if (text.includes('\n')) break;
  }
  return text.split('\n')[0]!.trim();
}

async function run({ session, flags: values }: Call<typeof outputFlags>): Promise<void> {
  const { io } = session;
  const { file, explicit } = kubercInUse(session);
  const text = readKuberc(session, file);
  if (text === undefined) {
    if (explicit) throw new KubectlError(`kuberc file not found at ${file}`);
    await io.stdout.write(`kuberc file not found at ${file}\nWould you like to generate a default kuberc file with recommended options? (y/N): `);
    const answer = await firstLineOf(io.stdin);
    if (answer.toLowerCase() === 'y') await writeKuberc(session, file, recommended);
    return;
  }
  const preference = parsePreference(text);
  if (preference === undefined) throw new KubectlError(`there are no preferences in ${file}`);
  await io.stdout.write(await printOwn(ordered(preference), values, io));
}

export default command({
  usage: 'view',
  description: 'Display your preferences. Where there is no file of them yet, one with what is recommended is offered.',
  examples: `
    # As YAML
    kubectl kuberc view

    # The names of your aliases
    kubectl kuberc view -o jsonpath='{.aliases[*].name}'

    # Those of another file
    kubectl kuberc view --kuberc ./team.kuberc`,
  flags: outputFlags,
  run,
});
