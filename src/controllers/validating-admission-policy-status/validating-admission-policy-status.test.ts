import assert from 'node:assert/strict';
import test from 'node:test';
import type { ValidatingAdmissionPolicySpec } from '../../api/types/admissionregistration/v1.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import { expressionWarnings } from './type-checker.ts';

const rule = (group: string, resource: string, version = 'v1'): object => ({ operations: ['CREATE'], apiGroups: [group], apiVersions: [version], resources: [resource] });
const policy = (rules: readonly object[], spec: Partial<ValidatingAdmissionPolicySpec>) => ({ metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules: rules as never[] }, ...spec } });
const definition: CustomResourceDefinition = {
  metadata: { name: 'crontabs.stable.example.com' },
  spec: { group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'crontabs', kind: 'CronTab' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { replicas: { type: 'integer' } } } } } } }] },
};

test('expressions that fit what they are about bring no warning', () => {
  assert.deepEqual(expressionWarnings(policy([rule('apps', 'deployments')], { validations: [{ expression: 'object.spec.replicas > 1' }, { expression: 'object.metadata.labels["a"] == "b" && object.spec.template.spec.containers.all(c, c.image != "")' }] }), []), []);
});

test('expressions that confuse types do, and so do their messages and variables', () => {
  const warnings = expressionWarnings(policy([rule('apps', 'deployments')], {
    variables: [{ name: 'replicas', expression: 'object.spec.replicas' }],
    validations: [{ expression: 'object.spec.replicas > \'1\'', messageExpression: '\'wants replicas > 1, got \' + object.spec.replicas' }, { expression: 'variables.replicas == "x"' }],
  }), []);
  assert.deepEqual(warnings.map(({ fieldRef }) => fieldRef), ['spec.validations[0].expression', 'spec.validations[0].messageExpression', 'spec.validations[1].expression']);
  assert.match(warnings[0]!.warning, /^apps\/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '\(int, string\)'/);
  assert.match(warnings[1]!.warning, /found no matching overload for '_\+_' applied to '\(string, int\)'/);
});

test('fields that a definition does not have, of a custom resource and of parameters', () => {
  const warnings = expressionWarnings(policy([rule('stable.example.com', 'crontabs')], {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    validations: [{ expression: 'object.spec.replica > 1' }, { expression: 'params.dato.x == "y"' }, { expression: 'object.spec.replicas > 1 && params.data.x == "y"' }],
  }), [definition]);
  assert.deepEqual(warnings.map(({ fieldRef }) => fieldRef), ['spec.validations[0].expression', 'spec.validations[1].expression']);
  assert.match(warnings[0]!.warning, /undefined field 'replica'/);
});

test('what is not known is not checked: wildcards, kinds that there are not', () => {
  const validations = [{ expression: 'object.nothing.like.it == 1' }];
  assert.deepEqual(expressionWarnings(policy([rule('*', 'deployments'), rule('apps', '*'), rule('none.example.com', 'things'), rule('apps', 'deployments/scale')], { validations }), [definition]), []);
  assert.equal(expressionWarnings(policy([rule('apps', 'deployments'), rule('', 'pods')], { validations }), [])[0]?.warning.split('\n\n').length, 2);
});
