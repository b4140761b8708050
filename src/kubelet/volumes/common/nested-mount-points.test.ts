import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../../api/types/core/v1.ts';
import { nestedMountPoints } from './nested-mount-points.ts';

const pod = (...mounts: [string, string][]): Pod => ({ metadata: {}, spec: { containers: [{ name: 'c', volumeMounts: mounts.map(([name, mountPath]) => ({ name, mountPath })) }] } });

test('what is mounted below a volume has its directory there', () => {
  const cases: [string, Pod, string[]][] = [
    ['one below', pod(['v', '/dir'], ['o', '/dir/nested']), ['nested']],
    ['not a sibling with the same beginning', pod(['v', '/dir'], ['o', '/dir2/nested'], ['p', '/dir-a']), []],
    ['what is below another belongs to that one', pod(['v', '/dir'], ['o', '/dir/nested'], ['p', '/dir/nested/double'], ['q', '/dir/nested-vol'], ['r', '/dir/nested.vol']), ['nested', 'nested-vol', 'nested.vol']],
    ['paths are cleaned', pod(['v', '/dir/'], ['o', '/dir//a/./b/']), ['a/b']],
    ['a volume below itself', pod(['v', '/dir'], ['v', '/dir/again']), ['again']],
    ['mounted twice', pod(['v', '/a'], ['v', '/b'], ['o', '/a/x'], ['p', '/b/y']), ['x', 'y']],
  ];
  for (const [what, of, expected] of cases) assert.deepEqual(nestedMountPoints(of, 'v').sort(), expected, what);
});
