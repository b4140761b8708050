import { Option } from 'commander';
import type { ControllerSettings } from '../controllers/common/settings.ts';
import { defaultControllerSettings } from '../controllers/common/settings.ts';
import { amount, duration } from './checks.ts';
import { parser } from './parser.ts';
import type { Setting as ClusterSetting } from './setting.ts';

type Setting = { [K in keyof ControllerSettings]-?: ControllerSettings[K] extends number ? K : never }[keyof ControllerSettings];
interface Flag { readonly name: string; readonly setting: Setting; readonly about: string }

/** kube-controller-manager's flags that change how controllers behave, with the settings that they stand for. */
const flags: readonly Flag[] = [
  { name: 'node-monitor-period', setting: 'nodeMonitorPeriodMs', about: 'how often nodes are looked at' },
  { name: 'node-monitor-grace-period', setting: 'nodeMonitorGracePeriodMs', about: 'a node that was silent for so long is not healthy' },
  { name: 'node-startup-grace-period', setting: 'nodeStartupGracePeriodMs', about: 'a new node may be silent for so long' },
  { name: 'node-eviction-rate', setting: 'nodeEvictionRate', about: 'nodes a second, in each zone, whose pods are evicted' },
  { name: 'secondary-node-eviction-rate', setting: 'secondaryNodeEvictionRate', about: 'the same in a large zone of which most is down' },
  { name: 'large-cluster-size-threshold', setting: 'largeClusterSizeThreshold', about: 'a zone with more nodes is large; in a smaller one of which most is down nobody is evicted' },
  { name: 'unhealthy-zone-threshold', setting: 'unhealthyZoneThreshold', about: 'the part of a zone that must be down for that' },
  { name: 'terminated-pod-gc-threshold', setting: 'terminatedPodGcThreshold', about: 'finished pods that are kept; 0 keeps all' },
  { name: 'horizontal-pod-autoscaler-sync-period', setting: 'hpaSyncPeriodMs', about: 'how often each autoscaler is looked at' },
  { name: 'horizontal-pod-autoscaler-downscale-stabilization', setting: 'hpaDownscaleStabilizationMs', about: 'for so long nothing is scaled below what was recommended last' },
  { name: 'horizontal-pod-autoscaler-tolerance', setting: 'hpaTolerance', about: 'how far usage may be from its target, as a fraction' },
  { name: 'horizontal-pod-autoscaler-cpu-initialization-period', setting: 'hpaCpuInitializationPeriodMs', about: 'CPU samples of a pod may be skipped for so long after its start' },
  { name: 'horizontal-pod-autoscaler-initial-readiness-delay', setting: 'hpaInitialReadinessDelayMs', about: 'changes of readiness so soon after the start are the first' },
  { name: 'legacy-service-account-token-clean-up-period', setting: 'legacyServiceAccountTokenCleanUpPeriodMs', about: 'tokens in secrets that are not used for so long are marked as invalid, and deleted after as long again' },
];

const isDuration = (setting: Setting): boolean => setting.endsWith('Ms');

/** Commander's options for them. */
export function controllerOptions(): Option[] {
  return flags.map(({ name, setting, about }) => {
    const usual = defaultControllerSettings[setting];
    return isDuration(setting)
      ? new Option(`--${name} <duration>`, about).argParser(parser(duration)).default(usual, `${usual / 1000}s`)
      : new Option(`--${name} <number>`, about).argParser(parser(amount)).default(usual);
  });
}

const keyOf = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** The settings in what commander parsed, or in what a cluster is started with: what is not there stays as usual. */
export function controllerSettings(parsed: Readonly<Record<string, unknown>>): Partial<ControllerSettings> {
  return Object.fromEntries(flags.map(({ name, setting }) => [setting, parsed[keyOf(name)]] as const).filter(([, value]) => value !== undefined));
}

/** The same flags as settings of a whole cluster. */
export const controllerFlagSettings: readonly ClusterSetting<Record<string, unknown>>[] = flags.map(({ name, setting, about }) => {
  const usual = defaultControllerSettings[setting];
  return isDuration(setting)
    ? { key: keyOf(name), flags: `--${name} <duration>`, description: `${about} (default: "${usual / 1000}s")`, default: undefined, check: duration }
    : { key: keyOf(name), flags: `--${name} <number>`, description: `${about} (default: ${usual})`, default: undefined, check: amount };
});
