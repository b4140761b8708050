import { labelValue, qualifiedName } from '../../../api/meta/validation.ts';
import { namespaces, pods } from '../../../api/resources.ts';
import { ApiError, forbiddenError, notFoundError } from '../../../api/status.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import type { PluginConfiguration } from '../decode-configuration.ts';
import { ConfigurationError, text } from '../decode-configuration.ts';
import { aggregated, concernedBy } from '../refuse.ts';

type Labels = Readonly<Record<string, string>>;

const annotation = 'scheduler.alpha.kubernetes.io/node-selector';
const defaultSelector = 'clusterDefaultNodeSelector';

/** The selectors of namespaces (which labels their pods may ask for), and the default one. */
export type NodeSelectors = Readonly<Record<string, string>>;

/** From the plug-in's configuration file. Throws ConfigurationError. */
export function nodeSelectors(configuration: PluginConfiguration | undefined): NodeSelectors {
  const selectors = (configuration?.value as { podNodeSelectorPluginConfig?: unknown } | null | undefined)?.podNodeSelectorPluginConfig ?? {};
  if (typeof selectors !== 'object' || selectors === null) throw new ConfigurationError(`${configuration!.source}: podNodeSelectorPluginConfig: wants a map, not ${JSON.stringify(selectors)}`);
  return Object.fromEntries(Object.entries(selectors).map(([name, selector]) => [name, text(selector, `podNodeSelectorPluginConfig.${name}`)]));
}

/** `a=b,c=d` as labels. Throws what upstream answers for one that is none. */
function labelsOf(selector: string): Labels {
  const labels: Record<string, string> = {};
  for (const term of selector === '' ? [] : selector.toLowerCase().split(',')) {
    const parts = term.split('=');
    if (parts.length !== 2) throw new ApiError('', `invalid selector: ${term}`);
    const [key, value] = [parts[0]!.trim(), parts[1]!.trim()];
    const wrong = [...qualifiedName(key).map((error) => `key: Invalid value: ${JSON.stringify(key)}: ${error}`), ...labelValue(value).map((error) => `value: Invalid value: ${JSON.stringify(value)}: ${error}`)];
    if (wrong.length > 0) throw new ApiError('', aggregated(wrong));
    labels[key] = value;
  }
  return labels;
}

const conflict = (a: Labels, b: Labels): boolean => Object.keys(b).some((key) => a[key] !== undefined && a[key] !== b[key]);

/** Keeps the pods of a namespace on the nodes that the namespace may use. */
export function podNodeSelector(options: { readonly reader: ObjectReader; readonly selectors: NodeSelectors }): AdmissionPlugin {
  const { reader, selectors } = options;
  const ofNamespace = (name: string): Labels => {
    const namespace = reader.get(namespaces, '', name);
    if (namespace === undefined) throw notFoundError(namespaces, name);
    return labelsOf(namespace.metadata.annotations?.[annotation] ?? selectors[defaultSelector] ?? '');
  };
  const refuse = ({ object }: AdmissionAttributes, detail: string): ApiError => forbiddenError(pods, object?.metadata.name ?? '', detail);
  const check = (attributes: AdmissionAttributes): void => {
    const wanted = (attributes.object as Pod).spec?.nodeSelector ?? {};
    if (conflict(ofNamespace(attributes.namespace), wanted)) throw refuse(attributes, 'pod node label selector conflicts with its namespace node label selector');
    const allowed = labelsOf(selectors[attributes.namespace] ?? '');
    if (Object.keys(allowed).length > 0 && Object.entries(wanted).some(([key, value]) => allowed[key] !== value)) throw refuse(attributes, 'pod node label selector labels conflict with its namespace whitelist');
  };
  return {
    name: 'PodNodeSelector',
    handles: concernedBy(['CREATE'], pods),
    admit(attributes) {
      const { spec } = attributes.object as Pod;
      const selector = ofNamespace(attributes.namespace);
      if (spec !== undefined && Object.keys(selector).length > 0 && !conflict(selector, spec.nodeSelector ?? {})) spec.nodeSelector = { ...selector, ...spec.nodeSelector };
      check(attributes);
    },
    validate: check,
  };
}
