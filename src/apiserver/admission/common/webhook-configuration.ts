import type { WebhookIdentities } from '../../webhooks/webhook-identities.ts';
import type { PluginConfiguration } from '../decode-configuration.ts';
import { ConfigurationError, decodeConfiguration, recordOf, text } from '../decode-configuration.ts';
import { formatFieldError, invalid } from '../../../api/field-error.ts';

const kind = { group: 'apiserver.config.k8s.io', versions: ['v1', 'v1alpha1'], kind: 'WebhookAdmissionConfiguration' };

/** The plug-ins that such a configuration is for. */
export const webhookPlugins: readonly string[] = ['MutatingAdmissionWebhook', 'ValidatingAdmissionWebhook'];

/**
 * The kubeconfig of whom a plug-in for webhooks is to show itself as; undefined for none. Throws ConfigurationError for
 * what cannot be, and for what we would leave undone.
 */
export function webhookKubeconfig(configuration: PluginConfiguration | undefined): string | undefined {
  return decodeConfiguration(configuration, kind, (fields) => {
    const { kubeConfigFile = '', staticManifestsDir = '' } = recordOf(fields, 'configuration', ['kubeConfigFile', 'staticManifestsDir']);
    if (text(staticManifestsDir, 'staticManifestsDir') !== '') throw new ConfigurationError('not supported: staticManifestsDir: webhooks are read from the API alone');
    const file = text(kubeConfigFile, 'kubeConfigFile');
    if (file !== '' && !file.startsWith('/')) throw new ConfigurationError(formatFieldError(invalid('kubeConfigFile', file, 'must be an absolute file path')));
    return file === '' ? undefined : file;
  });
}

/** Whom a plug-in shows its webhooks, by the kubeconfigs that were read. Throws ConfigurationError. */
export function identitiesOf(configuration: PluginConfiguration | undefined, kubeconfigs: ReadonlyMap<string, WebhookIdentities> | undefined): { readonly identities?: WebhookIdentities } {
  const file = webhookKubeconfig(configuration);
  if (file === undefined) return {};
  const identities = kubeconfigs?.get(file);
  if (identities === undefined) throw new ConfigurationError(`not supported: kubeConfigFile ${file} in a process that reads no files`);
  return { identities };
}
