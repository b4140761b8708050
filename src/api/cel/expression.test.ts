import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expressionCompiler } from './expression-compiler.ts';
import { evaluateAsking, newVariableValues, type AuthorizationCheck, type ExpressionInputs, type ExpressionProgram, type ExpressionReturnType, type ExpressionVariables } from './expression.ts';

const everything: ExpressionVariables = { params: true, authorizer: true, namespaceObject: true, patchTypes: true };

function compile(expression: string, returnType: ExpressionReturnType = 'any', variables = everything): ExpressionProgram {
  const { program, error } = expressionCompiler(variables).compile({ expression, returnTypes: [returnType] });
  assert.ok(program !== undefined, error);
  return program;
}

const errorOf = (expression: string, returnTypes: readonly ExpressionReturnType[], variables: ExpressionVariables = everything): string | undefined => expressionCompiler(variables).compile({ expression, returnTypes }).error;

/** The value, or the error. */
function valueOf(program: ExpressionProgram, inputs: ExpressionInputs): unknown {
  const result = program.evaluate(inputs);
  return result.kind === 'value' ? result.value : result;
}

test('expressions see the objects, the request, the parameters and the namespace', () => {
  const inputs: ExpressionInputs = { object: { spec: { replicas: 3 } }, request: { operation: 'CREATE', userInfo: { username: 'u', groups: ['g'] } }, params: { max: 5 }, namespaceObject: { metadata: { labels: { env: 'prod' } } } };
  for (const expression of ['object.spec.replicas <= params.max', "request.operation == 'CREATE' && 'g' in request.userInfo.groups", 'oldObject == null', "namespaceObject.metadata.labels['env'] == 'prod'", '!has(object.spec.paused) && object.?metadata.?name.orValue("") == ""']) {
    assert.equal(valueOf(compile(expression), inputs), true, expression);
  }
});

test('expressions must be of the type that is asked for, and know their variables', () => {
  assert.equal(errorOf('6', ['bool']), 'must evaluate to bool but got int');
  assert.equal(errorOf('true', ['string', 'null']), 'must evaluate to one of [string null_type] but got bool');
  assert.equal(errorOf("[JSONPatch{op: 'remove', path: '/x'}]", ['list<JSONPatch>']), undefined);
  assert.match(errorOf('params.x', ['any'], {}) ?? '', /^compilation failed: ERROR: <input>:1:1: undeclared reference to 'params'/);
  assert.match(errorOf('request.nope', ['any']) ?? '', /undefined field 'nope'/);
  assert.match(errorOf('variables.nope', ['any']) ?? '', /undefined field 'nope'/);
  assert.match(errorOf('Object{}', ['any'], {}) ?? '', /undeclared reference to 'Object'/);
});

test('variables are computed when they are first asked for, once for all expressions, and paid for then', () => {
  const compiler = expressionCompiler(everything);
  compiler.variable({ name: 'names', expression: 'object.items.map(i, i.name)' });
  compiler.variable({ name: 'count', expression: 'variables.names.size()' });
  compiler.variable({ name: 'broken', expression: 'object.nope' });
  compiler.variable({ name: 'wrong', expression: '1 +' });
  const program = (expression: string): ExpressionProgram => {
    const compiled = compiler.compile({ expression, returnTypes: ['any'] });
    assert.ok(compiled.program !== undefined, compiled.error);
    return compiled.program;
  };
  assert.equal(compiler.compile({ expression: "variables.count == 'x'", returnTypes: ['bool'] }).error?.split('\n')[0], "compilation failed: ERROR: <input>:1:17: found no matching overload for '_==_' applied to '(int, string)'");
  const inputs = { object: { items: [{ name: 'a' }, { name: 'b' }] }, variables: newVariableValues() };
  const first = program('variables.count == 2').evaluate(inputs);
  const second = program('variables.count == 2').evaluate(inputs);
  assert.ok(first.kind === 'value' && second.kind === 'value' && first.value === true && first.cost > second.cost);
  assert.deepEqual(valueOf(program('variables.broken'), inputs), { kind: 'error', message: 'composited variable "broken" fails to evaluate: no such key: nope', exceeded: false, cost: 4 });
  assert.match(JSON.stringify(program('variables.wrong').evaluate(inputs)), /composited variable .*wrong.* fails to compile: compilation failed: /);
  assert.equal(valueOf(program('has(variables.count) || variables.broken == 1'), inputs), true);
});

test('objects and patches are made as mutating policies make them', () => {
  const applied = compile("Object{spec: Object.spec{replicas: object.spec.replicas + 1, ?paused: optional.none(), template: Object.spec.template{labels: {'a': 'b'}}}}", 'Object');
  assert.deepEqual(valueOf(applied, { object: { spec: { replicas: 1 } } }), { spec: { replicas: 2, template: { labels: { a: 'b' } } } });
  const patch = compile("[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b~c'), value: Object{x: 1}}, JSONPatch{op: 'test', path: '/a'}]", 'list<JSONPatch>');
  assert.deepEqual(valueOf(patch, {}), [{ op: 'add', path: '/metadata/labels/a~1b~0c', value: { x: 1 } }, { op: 'test', path: '/a' }]);
  const misplaced = compile('Object{spec: Object.status{x: 1}}', 'Object').evaluate({});
  assert.ok(misplaced.kind === 'error' && misplaced.message === 'type mismatch: unexpected type name "Object.status", expected "Object.spec", which matches field name path from root Object type');
  assert.match(errorOf('JSONPatch{op: 1}', ['any']) ?? '', /expected type of field 'op' is 'string' but provided type is 'int'/);
});

test('the authorizer is asked until nothing is left to ask, and what it costs allows for two questions', async () => {
  const asked: AuthorizationCheck[] = [];
  const user = { name: 'u', groups: ['g'] };
  const authorizer = { user, requestResource: { apiGroup: 'apps', resource: 'deployments', subresource: '', namespace: 'n', name: 'd' } };
  const ask = async (program: ExpressionProgram): Promise<unknown> => {
    asked.length = 0;
    const result = await evaluateAsking(program, { authorizer }, (check) => {
      asked.push(check);
      return Promise.resolve({ allowed: check.verb === 'get', reason: 'because' });
    });
    return result.kind === 'value' ? result.value : result.message;
  };
  assert.equal(await ask(compile("authorizer.group('').resource('pods').namespace('n').check('list').allowed() || authorizer.path('/healthz').check('get').allowed()")), true);
  assert.deepEqual(asked, [{ user, verb: 'list', apiGroup: '', apiVersion: '*', resource: 'pods', namespace: 'n' }, { user, verb: 'get', path: '/healthz' }]);
  assert.equal(await ask(compile("authorizer.requestResource.check('get').reason()")), 'because');
  assert.deepEqual(asked[0], { user, verb: 'get', apiVersion: '*', apiGroup: 'apps', resource: 'deployments', subresource: '', namespace: 'n', name: 'd' });
  assert.equal(await ask(compile("authorizer.serviceAccount('ns', 'sa').group('').resource('pods').labelSelector('a=b').check('get').allowed()")), true);
  assert.equal(asked[0]?.user.name, 'system:serviceaccount:ns:sa');
  assert.equal(await ask(compile("['a', 'b', 'c'].all(v, !authorizer.path('/' + v).check('post').allowed())")), 'operation cancelled: actual cost limit exceeded');
});

test('the budget ends an evaluation', () => {
  const program = compile('[1, 2, 3].all(x, x > 0)', 'bool');
  assert.equal(program.evaluate({}).kind, 'value');
  assert.deepEqual(program.evaluate({}, 5), { kind: 'error', message: 'operation cancelled: actual cost limit exceeded', exceeded: true, cost: 6 });
});
