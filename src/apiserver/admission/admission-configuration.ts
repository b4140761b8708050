import type { PluginConfiguration } from './decode-configuration.ts';
import { ConfigurationError, decodeConfiguration, listOf, recordOf, text } from './decode-configuration.ts';

/** Of one plug-in: what it is configured with, or the file in which that stands. */
export type ConfiguredPlugin =
  | { readonly name: string; readonly configuration: PluginConfiguration }
  | { readonly name: string; readonly path: string };

/** Plug-ins whose configuration had a file of its own before there was AdmissionConfiguration. */
const legacy: Readonly<Record<string, string>> = { imagePolicy: 'ImagePolicyWebhook', podNodeSelectorPluginConfig: 'PodNodeSelector' };

/**
 * What `--admission-control-config-file` holds: an AdmissionConfiguration of apiserver.config.k8s.io, or the
 * configuration of one of the two plug-ins that had such a file before. Throws ConfigurationError.
 */
export function readAdmissionConfiguration(document: PluginConfiguration): readonly ConfiguredPlugin[] {
  const { value, source } = document;
  if (typeof value === 'object' && value !== null && !('kind' in value)) {
    const old = Object.keys(legacy).filter((key) => key in value);
    if (old.length > 0) return old.map((key) => ({ name: legacy[key]!, configuration: document }));
  }
  return decodeConfiguration(document, { group: 'apiserver.config.k8s.io', versions: ['v1', 'v1alpha1'], kind: 'AdmissionConfiguration' }, (fields) => {
    const { plugins } = recordOf(fields, 'configuration', ['plugins']);
    return listOf(plugins ?? [], 'plugins').map((entry, i): ConfiguredPlugin => {
      const { name, path, configuration } = recordOf(entry, `plugins[${i}]`, ['name', 'path', 'configuration']);
      const named = text(name ?? '', `plugins[${i}].name`);
      if (named === '') throw new ConfigurationError(`plugins[${i}].name: Required value`);
      if (configuration !== undefined && configuration !== null) return { name: named, configuration: { source: `${source}, plug-in ${named}`, value: configuration } };
      return { name: named, path: text(path ?? '', `plugins[${i}].path`) };
    });
  });
}
