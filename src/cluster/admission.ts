import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { readAdmissionConfiguration } from '../apiserver/admission/admission-configuration.ts';
import type { PluginConfiguration } from '../apiserver/admission/decode-configuration.ts';
import type { ImageReviewer, ImageReviewStatus } from '../apiserver/admission/image-policy-webhook/image-policy-webhook.ts';
import type { AdmissionSettings } from '../apiserver/admission/registry.ts';
import { webhookKubeconfig, webhookPlugins } from '../apiserver/admission/common/webhook-configuration.ts';
import type { WebhookCredentials, WebhookIdentities } from '../apiserver/webhooks/webhook-identities.ts';
import { webhookIdentities } from '../apiserver/webhooks/webhook-identities.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { KubeconfigUser } from '../client/kubeconfig.ts';
import type { AdmissionFlags } from './start-options.ts';

const names = (list: string | undefined): readonly string[] => (list ?? '').split(',').filter((name) => name !== '');

/** What the flags say of admission, as options of the control plane. Rejects with an Error of one line for a file that cannot be read or understood. */
export async function openAdmission(options: AdmissionFlags & { readonly clock: Clock; readonly random: Random }): Promise<{ readonly admission: AdmissionSettings; readonly imageReviewer: ImageReviewer }> {
  const { enableAdmissionPlugins, disableAdmissionPlugins, admissionControlConfigFile, defaultNotReadyTolerationSeconds, defaultUnreachableTolerationSeconds, clock, random } = options;
  const configuration = admissionControlConfigFile === undefined ? undefined : await readConfigurations(admissionControlConfigFile);
  return {
    admission: {
      enabled: names(enableAdmissionPlugins),
      disabled: names(disableAdmissionPlugins),
      tolerationSeconds: { notReady: defaultNotReadyTolerationSeconds ?? 300, unreachable: defaultUnreachableTolerationSeconds ?? 300 },
      ...(configuration !== undefined && { configuration, kubeconfigs: await readIdentities(configuration) }),
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

/** The kubeconfigs of plug-ins that call webhooks. A token's file is read at each call. */
async function readIdentities(configuration: ReadonlyMap<string, PluginConfiguration>): Promise<ReadonlyMap<string, WebhookIdentities>> {
  const identities = new Map<string, WebhookIdentities>();
  for (const plugin of webhookPlugins) {
    const file = webhookKubeconfig(configuration.get(plugin));
    if (file === undefined || identities.has(file)) continue;
    const { readKubeconfig, kubeconfigUser } = await import('../client/kubeconfig.ts');
    const { users = [], contexts = [], 'current-context': context } = await readKubeconfig(file);
    identities.set(file, webhookIdentities({
      users: new Map(users.map(({ name, user = {} }) => {
        const proof = kubeconfigUser(file, user);
        return [name, () => credentialsOf(proof)];
      })),
      current: contexts.find(({ name }) => name === context)?.context?.user,
    }));
  }
  return identities;
}

function credentialsOf({ clientCertificate, clientKey, token, username, password }: KubeconfigUser): WebhookCredentials {
  const bearer = typeof token === 'function' ? token() : token;
  const authorization = bearer !== undefined ? `Bearer ${bearer}` : username !== undefined ? `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` : undefined;
  return { ...(authorization !== undefined && { headers: { authorization } }), ...(clientCertificate !== undefined && clientKey !== undefined && { clientCertificate, clientKey }) };
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
