import type { AdmissionFlags, ClusterSettings } from '../cluster/start-options.ts';
import { choice, configurationMap, nameList, path, wholeNumber } from './checks.ts';
import type { Setting } from './setting.ts';

/** Which API is served, what is admitted and how it is kept. */
export const apiSettings: readonly Setting<Pick<ClusterSettings, 'runtimeConfig' | 'featureGates' | 'encryptionProviderConfig' | 'encryptionProviderConfigAutomaticReload' | 'tracingConfigFile' | keyof AdmissionFlags>>[] = [
  { key: 'runtimeConfig', flags: '--runtime-config <pairs>', description: 'API versions to turn on or off: api/all=, api/beta=, group/version= or group/version/resource= true or false', default: undefined, check: configurationMap },
  { key: 'featureGates', flags: '--feature-gates <pairs>', description: 'features to turn on or off: name=true or name=false', default: undefined, check: configurationMap },
  { key: 'encryptionProviderConfig', flags: '--encryption-provider-config <file>', description: 'what is encrypted on the disk, and with what (EncryptionConfiguration)', default: undefined, check: path },
  { key: 'encryptionProviderConfigAutomaticReload', flags: '--encryption-provider-config-automatic-reload [yes]', description: 'read it again when it changes', default: false, check: choice },
  { key: 'enableAdmissionPlugins', flags: '--enable-admission-plugins <names>', description: 'admission plug-ins to turn on, separated by commas, beside those that are on by default', default: undefined, check: nameList },
  { key: 'disableAdmissionPlugins', flags: '--disable-admission-plugins <names>', description: 'admission plug-ins to turn off although they are on by default', default: undefined, check: nameList },
  { key: 'admissionControlConfigFile', flags: '--admission-control-config-file <file>', description: 'configurations of admission plug-ins (apiserver.config.k8s.io/v1 AdmissionConfiguration)', default: undefined, check: path },
  { key: 'defaultNotReadyTolerationSeconds', flags: '--default-not-ready-toleration-seconds <seconds>', description: 'how long pods stay on a node that is not ready, unless they say otherwise', default: 300, check: wholeNumber(0, 2_147_483_647) },
  { key: 'defaultUnreachableTolerationSeconds', flags: '--default-unreachable-toleration-seconds <seconds>', description: 'how long pods stay on a node that cannot be reached', default: 300, check: wholeNumber(0, 2_147_483_647) },
  { key: 'tracingConfigFile', flags: '--tracing-config-file <file>', description: 'where traces of requests are sent (TracingConfiguration)', default: undefined, check: path },
];
