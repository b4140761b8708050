import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Command } from 'commander';
import { defaultControllerSettings } from '../controllers/common/settings.ts';
import { controllerOptions, controllerSettings } from './controller-flags.ts';

function parse(...args: string[]): ReturnType<typeof controllerSettings> {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  for (const option of controllerOptions()) command.addOption(option);
  return controllerSettings(command.parse(args, { from: 'user' }).opts());
}

it('flags of controllers become settings, with upstream\'s names and values', () => {
  const usual = parse();
  assert.deepEqual(controllerSettings({}), {}, 'what is not asked for stays as usual');
  for (const [setting, value] of Object.entries(usual)) assert.equal(value, defaultControllerSettings[setting as keyof typeof defaultControllerSettings], setting);
  const { nodeEvictionRate, nodeMonitorGracePeriodMs, hpaSyncPeriodMs } = parse('--node-eviction-rate', '0.5', '--node-monitor-grace-period=1m30s', '--horizontal-pod-autoscaler-sync-period', '30s');
  assert.deepEqual([nodeEvictionRate, nodeMonitorGracePeriodMs, hpaSyncPeriodMs], [0.5, 90_000, 30_000]);
  assert.throws(() => parse('--node-monitor-grace-period', 'soon'), /It wants a duration such as 30s or 1m30s/);
  assert.throws(() => parse('--node-eviction-rate=-1'), /It wants a number, 0 or more/);
});
