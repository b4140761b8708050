import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { runtimeClassDefinition } from './runtime-class.ts';

test('runtime classes', () => {
  const kind = kindOf(runtimeClassDefinition, { handler: 'runc' });
  const label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
  const toleration = { key: 'a', operator: 'Exists' };
  const table: [Fields, string[]][] = [
    [{ overhead: { podFixed: { cpu: '1', memory: '1Mi' } }, scheduling: { nodeSelector: { a: 'b' }, tolerations: [toleration] } }, []],
    [{ handler: '' }, ['handler: Required value']],
    [{ handler: 'A' }, [`handler: Invalid value: "A": ${label}`]],
    [{ overhead: { podFixed: { cpu: '-1', foo: '1' } } }, [
      'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0', 'overhead.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified', 'overhead.limits[foo]: Invalid value: "foo": must be a standard resource for containers']],
    [{ scheduling: { nodeSelector: { a: '-' }, tolerations: [toleration, { ...toleration, effect: 'NoExecute' }, { ...toleration, effect: 'NoExecute', tolerationSeconds: 5 }] } }, [
      "scheduling.nodeSelector: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      'scheduling.tolerations[2]: Duplicate value: {"Key":"a","Operator":"Exists","Value":"","Effect":"NoExecute","TolerationSeconds":5}']],
  ];
  for (const [fields, expected] of table) assert.deepEqual(kind.errors(fields), expected, JSON.stringify(fields));
  assert.deepEqual(kind.update({}, { handler: 'kata' }), ['handler: Invalid value: "kata": field is immutable']);
  assert.deepEqual(kind.update({}, { handler: '' }), ['handler: Required value', 'handler: Invalid value: "": field is immutable']);
  assert.deepEqual(kind.warnings({ scheduling: { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } }), ['scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead']);
  assert.deepEqual(kind.cells(), ['a', 'runc', '60m']);
});
