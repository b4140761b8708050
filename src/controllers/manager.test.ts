import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { selectControllers } from './manager.ts';
import { disabledByDefault, upstreamControllers } from './names.ts';
import { controllers } from './registry.ts';

const entries = ['job-controller', 'cronjob-controller', 'token-cleaner-controller'].map((name) => ({ name, start: async () => {} }));
const selected = (...selection: string[]): string[] => selectControllers(selection, entries).map(({ name }) => name);

describe('which controllers run', () => {
  const cases: [string[], string[]][] = [
    [['*'], ['job-controller', 'cronjob-controller']],
    [['*', '-job-controller'], ['cronjob-controller']],
    [['-job', '*'], ['cronjob-controller']],
    [['job-controller'], ['job-controller']],
    [['*', 'tokencleaner'], ['job-controller', 'cronjob-controller', 'token-cleaner-controller']],
    [['job-controller', '-job-controller'], ['job-controller']],
    [['*', '-persistentvolume-expander-controller'], ['job-controller', 'cronjob-controller']],
    [[], []],
  ];
  for (const [selection, names] of cases) it(JSON.stringify(selection), () => assert.deepEqual(selected(...selection), names));

  it('unknown names are refused in upstream\'s words', () => {
    assert.throws(() => selected('*', '-moon'), { message: '"moon" is not in the list of known controllers' });
    assert.throws(() => selected('sun', 'moon'), { message: '["sun" is not in the list of known controllers, "moon" is not in the list of known controllers]' });
    assert.throws(() => selected('podgroup-protection-controller'), { message: 'not supported: "podgroup-protection-controller"' });
  });

  it('all that Kubernetes has on by default are here', () => {
    const offByFeature = ['storageversion-garbage-collector-controller', 'podcertificaterequest-cleaner-controller', 'kube-apiserver-serving-clustertrustbundle-publisher-controller', 'resourcepoolstatusrequest-controller'];
    const present = new Set(controllers.map(({ name }) => name));
    assert.deepEqual([...upstreamControllers].filter((name) => !present.has(name) && !disabledByDefault.has(name)).sort(), offByFeature.sort());
  });

  it('every one in the registry has a name of upstream\'s', () => {
    assert.deepEqual(controllers.map(({ name }) => name).filter((name) => !upstreamControllers.has(name)), []);
  });
});
