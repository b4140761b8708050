import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFieldError } from '../../field-error.ts';
import type { Lease } from '../../types/coordination/v1.ts';
import type { Fields } from '../testing/kind.ts';
import { context, kindOf } from '../testing/kind.ts';
import { leaseCandidateDefinition } from './lease-candidate.ts';
import { leaseDefinition } from './lease.ts';
import { compareSemanticVersions, parseSemanticVersion } from './semver.ts';

const unsupported = (value: string): string => `spec.strategy.strategy: Unsupported value: "${value}": supported values: "OldestEmulationVersion"`;

test('leases', () => {
  const kind = kindOf(leaseDefinition, {});
  const table: [Fields, string[]][] = [
    [{ holderIdentity: 'x', leaseDurationSeconds: 1, leaseTransitions: 0 }, []],
    [{ leaseDurationSeconds: 0, leaseTransitions: -1 }, ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0', 'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0']],
    [{ strategy: 'x' }, [unsupported('x')]],
    [{ strategy: 'example.com/x', preferredHolder: 'a' }, []],
    [{ strategy: '/x' }, ['spec.strategy.strategy: Invalid value: "/x": prefix part must be non-empty']],
    [{ preferredHolder: 'a' }, ['spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined']],
  ];
  for (const [spec, expected] of table) {
    const lease = { metadata: {}, spec } as unknown as Lease;
    for (const errors of [leaseDefinition.validate!(lease, context), leaseDefinition.update!.validateUpdate!(lease, lease, context)]) assert.deepEqual(errors.map(formatFieldError), expected, JSON.stringify(spec));
  }
  // Coordinated leader election is off.
  const coordinated = { spec: { holderIdentity: 'x', strategy: 'example.com/x', preferredHolder: 'a' } };
  assert.deepEqual([kind.make(coordinated).spec, kind.updated({}, coordinated).spec], [{ holderIdentity: 'x' }, { holderIdentity: 'x' }]);
  assert.deepEqual(kind.cells({ spec: { holderIdentity: 'me' } }), ['a', 'me', '60m']);
});

test('lease candidates', () => {
  const spec = { leaseName: 'l', binaryVersion: '1.36.0', emulationVersion: '1.35.0', strategy: 'OldestEmulationVersion' };
  const kind = kindOf(leaseCandidateDefinition, { spec });
  const table: [Fields, string[]][] = [
    [{}, []],
    [{ leaseName: '', binaryVersion: '', strategy: '' }, ['spec.leaseName: Required value', 'spec.binaryVersion: Required value', 'spec.strategy: Required value']],
    [{ binaryVersion: '1.36', emulationVersion: 'v1.36.0' }, ['spec.emulationVersion: Invalid value: "v1.36.0": must be a valid semantic version', 'spec.binaryVersion: Invalid value: "1.36": must be a valid semantic version', "spec.emulationVersion: Required value: must be specified when `strategy` is 'OldestEmulationVersion'"]],
    [{ binaryVersion: '1.35.0-rc.1' }, ['spec.binaryVersion: Invalid value: "1.35.0-rc.1": must be greater than or equal to `emulationVersion`']],
    [{ emulationVersion: undefined }, ["spec.emulationVersion: Required value: must be specified when `strategy` is 'OldestEmulationVersion'"]],
    [{ emulationVersion: undefined, strategy: 'x' }, [unsupported('x')]],
  ];
  for (const [fields, expected] of table) assert.deepEqual(kind.errors({ spec: { ...spec, ...fields } }), expected, JSON.stringify(fields));
  assert.deepEqual(kind.update({}, { spec: { ...spec, leaseName: 'm' } }), ['spec.leaseName: Invalid value: "m": field is immutable']);
  assert.deepEqual(kind.cells(), ['a', 'l', '1.36.0', '1.35.0', '60m']);
  assert.deepEqual(leaseCandidateDefinition.selectableFields!(kind.make()), { 'spec.leaseName': 'l' });
});

test('semantic versions are ordered', () => {
  const ordered = ['0.0.0', '1.0.0-1', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-rc.2', '1.0.0-rc.10', '1.0.0', '1.0.1', '1.2.0', '1.10.0'].map((text) => parseSemanticVersion(text)!);
  for (let i = 0; i < ordered.length; i++) for (let j = 0; j < ordered.length; j++) assert.equal(Math.sign(compareSemanticVersions(ordered[i]!, ordered[j]!)), Math.sign(i - j));
  assert.equal(compareSemanticVersions(parseSemanticVersion('1.0.0+a')!, parseSemanticVersion('1.0.0+b')!), 0);
  for (const text of ['', '1', '1.0', '01.0.0', '1.0.0-', '1.0.0-01', '1.0.0+', '1.0.0.0', 'v1.0.0']) assert.equal(parseSemanticVersion(text), undefined, text);
});
