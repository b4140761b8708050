import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { readAdmissionConfiguration } from '../apiserver/admission/admission-configuration.ts';
import type { PluginConfiguration } from '../apiserver/admission/decode-configuration.ts';
import type { ImageReviewer, ImageReviewStatus } from '../apiserver/admission/image-policy-webhook/image-policy-webhook.ts';
import type { AdmissionSettings } from '../apiserver/admission/registry.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { AdmissionFlags } from './start-options.ts';

const names = (list: string | undefined): readonly string[] => (list ?? '').split(',').filter((name) => name !== '');

/** What the flags say of admission, as options of the control plane. Rejects with an Error of one line for a file that cannot be read or understood. */
export async function openAdmission(options: AdmissionFlags & { readonly clock: Clock; readonly random: Random }): Promise<{ readonly admission: AdmissionSettings; readonly imageReviewer: ImageReviewer }> {
  const { enableAdmissionPlugins, disableAdmissionPlugins, admissionControlConfigFile, defaultNotReadyTolerationSeconds, defaultUnreachableTolerationSeconds, clock, random } = options;
  return {
    admission: {
      enabled: names(enableAdmissionPlugins),
      disabled: names(disableAdmissionPlugins),
      tolerationSeconds: { notReady: defaultNotReadyTolerationSeconds ?? 300, unreachable: defaultUnreachableTolerationSeconds ?? 300 },
      ...(admissionControlConfigFile !== undefined && { configuration: await readConfigurations(admissionControlConfigFile) }),
    },
    imageReviewer: imageReviewer({ clock, random }),
  };
}

async function readDocument(file: string): Promise<PluginConfiguration> {
  const { parse } = await import('yaml');
  try {
    return { source: file, value: parse(await readFile(file, 'utf8')) as unknown };
  } catch (error) {
    throw new Error(`--admission-control-config-file ${file}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}

/** The configurations by plug-in; those in files of their own are read, relative to the first file. */
async function readConfigurations(file: string): Promise<ReadonlyMap<string, PluginConfiguration>> {
  const configurations = new Map<string, PluginConfiguration>();
  for (const plugin of readAdmissionConfiguration(await readDocument(file))) {
    // The first of a name counts, as in upstream.
    if (configurations.has(plugin.name)) continue;
    if ('configuration' in plugin) configurations.set(plugin.name, plugin.configuration);
    else if (plugin.path !== '') configurations.set(plugin.name, await readDocument(isAbsolute(plugin.path) ? plugin.path : join(dirname(file), plugin.path)));
  }
  return configurations;
}

/** Posts reviews to the servers that kubeconfig files name; each file is read once. */
function imageReviewer(options: { readonly clock: Clock; readonly random: Random }): ImageReviewer {
  type Post = (body: unknown) => Promise<unknown>;
  const servers = new Map<string, Promise<Post>>();
  const open = async (file: string): Promise<Post> => {
    const [{ loadKubeconfig }, { createHttpClient }] = await Promise.all([import('../client/kubeconfig.ts'), import('../client/transports/http.ts')]);
    const client = createHttpClient({ ...(await loadKubeconfig(file)), ...options });
    return (body) => client.raw('POST', '', body);
  };
  return async (file, review) => {
    let server = servers.get(file);
    if (server === undefined) servers.set(file, (server = open(file)));
    const { status } = ((await (await server)(review)) ?? {}) as { status?: ImageReviewStatus };
    if (typeof status?.allowed !== 'boolean') throw new Error('the image policy webhook answered no ImageReview');
    return status;
  };
}
