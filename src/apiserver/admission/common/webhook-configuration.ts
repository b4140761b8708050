import type { PluginConfiguration } from '../decode-configuration.ts';
import { ConfigurationError, decodeConfiguration, recordOf, text } from '../decode-configuration.ts';

const kind = { group: 'apiserver.config.k8s.io', versions: ['v1', 'v1alpha1'], kind: 'WebhookAdmissionConfiguration' };

/** Checks what a plug-in for webhooks is told. Throws ConfigurationError for what we would leave undone: to show webhooks credentials. */
export function checkWebhookConfiguration(configuration: PluginConfiguration | undefined): void {
  decodeConfiguration(configuration, kind, (fields) => {
    const { kubeConfigFile = '', staticManifestsDir = '' } = recordOf(fields, 'configuration', ['kubeConfigFile', 'staticManifestsDir']);
    if (text(kubeConfigFile, 'kubeConfigFile') !== '') throw new ConfigurationError('not supported: kubeConfigFile: webhooks are called without credentials');
    if (text(staticManifestsDir, 'staticManifestsDir') !== '') throw new ConfigurationError('not supported: staticManifestsDir: webhooks are read from the API alone');
  });
}
