import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import type { KubeObject } from '../meta/object.ts';
import type { JsonObject, JsonValue } from '../patch/json-value.ts';
import type { FieldSchema, ObjectSchema, ValueSchema } from '../schema/schema.ts';
import { builtinSchema } from '../schema/table.ts';
import type { ApiError } from '../status.ts';
import { applyPatchTo } from './apply.ts';
import { appliedFields } from './applied.ts';
import { compareObjects, createdFields } from './compare.ts';
import { difference, hasPath, intersection, parseFieldSet, pathsOf, recursiveDifference, restrict, setOfPath, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { updatedEntries } from './one-version.ts';
import { entriesOf, storedOwners } from './owners.ts';
import { canonicalElement, compareElements, showElement } from './path-element.ts';
import { reconcileFields } from './prune.ts';
import { deduced, structShape } from './shape.ts';
import type { Shape } from './shape.ts';
import { entriesText, parseSharing } from './text.ts';
import { trackUpdate, updateOwners } from './track.ts';
import type { Writer } from './writer.ts';

const field = (name: string, value: ValueSchema, more: Partial<FieldSchema> = {}): [string, FieldSchema] => [name, { name, value, patchStrategy: [], listMapKeys: [], ...more }];
const text: ValueSchema = { kind: 'string' };
const number: ValueSchema = { kind: 'int32' };

function object(name: string, fields: [string, FieldSchema][], more: Partial<ObjectSchema> = {}): ObjectSchema {
  return { kind: 'object', name, fields: new Map(fields), required: [], ...more };
}

const item = object('test.Item', [field('name', text), field('protocol', text, { default: 'TCP' }), field('value', number), field('tags', { kind: 'list', items: text }, { listType: 'set' })]);
const kind = object('test.Kind', [
  field('apiVersion', text), field('kind', text),
  field('metadata', object('test.Meta', [field('name', text), field('labels', { kind: 'map', values: text })])),
  field('number', number), field('text', text), field('flag', { kind: 'boolean' }),
  field('set', { kind: 'list', items: text }, { listType: 'set' }),
  field('numbers', { kind: 'list', items: number }, { listType: 'set' }),
  field('atoms', { kind: 'list', items: text }),
  field('items', { kind: 'list', items: item }, { listType: 'map', listMapKeys: ['name', 'protocol'] }),
  field('merged', { kind: 'list', items: item }, { patchStrategy: ['merge'], patchMergeKey: 'name' }),
  field('map', { kind: 'map', values: text }), field('frozen', { kind: 'map', values: text }, { mapType: 'atomic' }),
  field('inner', object('test.Inner', [field('a', number), field('b', number)])), field('whole', object('test.Whole', [field('a', number), field('b', number)], { mapType: 'atomic' })),
]);

const version = 'test/v1';

function writerOf(manager: string, shape: Shape, time = '2026-01-01T00:00:00Z'): Writer {
  const ignored = parseFieldSet({ 'f:apiVersion': {}, 'f:kind': {}, 'f:metadata': { 'f:name': {}, 'f:managedFields': {} } })!;
  return { manager, time, endpoint: { apiVersion: version, subresource: '', shape, ignored, ignoredIn: () => ignored, versions: { convert: () => undefined } } };
}

type Step =
  | { readonly apply: JsonObject; readonly by: string; readonly force?: boolean; readonly conflict?: readonly string[]; readonly error?: RegExp }
  | { readonly update: JsonObject; readonly by: string };

/** As the decoder leaves an object: null is absent. */
const decoded = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_, child: unknown) => (child === null ? undefined : child)));

class Story {
  readonly shape: Shape;
  live: KubeObject | undefined;
  constructor(shape: Shape = structShape(kind)) {
    this.shape = shape;
  }

  do(step: Step): void {
    const writer = writerOf(step.by, this.shape);
    const typed = { apiVersion: version, kind: 'Kind', metadata: { name: 'x' } };
    if ('update' in step) {
      const next = { ...typed, ...structuredClone(step.update), metadata: { ...typed.metadata, ...(step.update['metadata'] as object | undefined), ...(this.live?.metadata.managedFields && { managedFields: this.live.metadata.managedFields }) } } as KubeObject;
      const entries = trackUpdate(this.live, next, writer);
      if (entries !== undefined) next.metadata.managedFields = entries;
      this.live = next;
      return;
    }
    const patch = { ...typed, ...step.apply, metadata: { ...typed.metadata, ...(step.apply['metadata'] as object | undefined) } } as unknown as JsonObject;
    try {
      const applied = applyPatchTo(this.live, patch, { apiVersion: version, kind: 'Kind' }, writer, { force: step.force ?? false });
      const result = decoded(applied.object ?? this.live) as KubeObject;
      delete result.metadata.managedFields;
      if (applied.managedFields !== undefined) result.metadata.managedFields = applied.managedFields;
      this.live = result;
      assert.equal(result.metadata.name, 'x', 'an apply never takes the name away');
    } catch (error) {
      const { details, message } = error as ApiError;
      if (step.error !== undefined) assert.match(message, step.error);
      else assert.deepEqual(details?.causes?.map((cause) => cause.field), step.conflict, message);
      return;
    }
    assert.ok(step.conflict === undefined && step.error === undefined, 'the apply went through');
  }

  get content(): Record<string, unknown> {
    const { apiVersion: _a, kind: _k, metadata, ...rest } = this.live as unknown as Record<string, unknown>;
    const { name: _n, managedFields: _m, ...meta } = metadata as Record<string, unknown>;
    return { ...rest, ...(Object.keys(meta).length > 0 && { metadata: meta }) };
  }

  get owners(): Record<string, string[]> {
    return Object.fromEntries((this.live!.metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager!, [...pathsOf(fieldsV1 as FieldSet)].map((path) => path.map(showElement).join(''))]));
  }
}

const stories: readonly { readonly name: string; readonly steps: readonly Step[]; readonly content?: unknown; readonly owners?: Record<string, string[]> }[] = [
  { name: 'scalars: the second applier of the same value shares it', steps: [{ apply: { number: 1 }, by: 'a' }, { apply: { number: 1, text: 't' }, by: 'b' }], content: { number: 1, text: 't' }, owners: { a: ['.number'], b: ['.number', '.text'] } },
  { name: 'scalars: another value is a conflict', steps: [{ apply: { number: 1, text: 't' }, by: 'a' }, { apply: { number: 2, text: 'u' }, by: 'b', conflict: ['.number', '.text'] }], content: { number: 1, text: 't' } },
  { name: 'scalars: force takes the field', steps: [{ apply: { number: 1 }, by: 'a' }, { apply: { number: 2 }, by: 'b', force: true }], content: { number: 2 }, owners: { b: ['.number'] } },
  { name: 'an update takes without asking', steps: [{ apply: { number: 1, text: 't' }, by: 'a' }, { update: { number: 2, text: 't' }, by: 'u' }], owners: { a: ['.text'], u: ['.number'] } },
  { name: 'what is applied no more goes', steps: [{ apply: { number: 1, inner: { a: 1, b: 2 } }, by: 'a' }, { apply: { number: 1, inner: { b: 2 } }, by: 'a' }], content: { number: 1, inner: { b: 2 } }, owners: { a: ['.number', '.inner.b'] } },
  { name: 'a struct goes with its last field', steps: [{ apply: { number: 1, inner: { a: 1 } }, by: 'a' }, { apply: { number: 1 }, by: 'a' }], content: { number: 1 } },
  { name: 'metadata stays when the last label goes', steps: [{ apply: { number: 1, metadata: { labels: { x: '1' } } }, by: 'a' }, { apply: { number: 1 }, by: 'a' }], content: { number: 1 }, owners: { a: ['.number'] } },
  { name: 'a map that is applied empty stays, empty', steps: [{ apply: { map: { x: '1' } }, by: 'a' }, { apply: { map: {} }, by: 'a' }], content: { map: {} }, owners: { a: ['.map'] } },
  { name: 'what an updater has stays when its applier drops it', steps: [{ apply: { number: 1, text: 't' }, by: 'a' }, { update: { number: 2, text: 't' }, by: 'u' }, { apply: { text: 't' }, by: 'a' }], content: { number: 2, text: 't' }, owners: { a: ['.text'], u: ['.number'] } },
  { name: 'what two have goes with the second', steps: [{ apply: { number: 1 }, by: 'a' }, { apply: { number: 1 }, by: 'b' }, { apply: {}, by: 'a' }, { apply: {}, by: 'b' }], content: {}, owners: {} },
  { name: 'maps: keys of their own', steps: [{ apply: { map: { x: '1' } }, by: 'a' }, { apply: { map: { y: '2' } }, by: 'b' }, { apply: {}, by: 'a' }], content: { map: { y: '2' } }, owners: { b: ['.map.y'] } },
  { name: 'maps that are atomic: one owner', steps: [{ apply: { frozen: { x: '1' } }, by: 'a' }, { apply: { frozen: { x: '1', y: '2' } }, by: 'b', conflict: ['.frozen'] }, { apply: { frozen: { y: '2' } }, by: 'b', force: true }], content: { frozen: { y: '2' } }, owners: { b: ['.frozen'] } },
  { name: 'structs that are atomic: one owner', steps: [{ apply: { whole: { a: 1 } }, by: 'a' }, { apply: { whole: { b: 1 } }, by: 'b', conflict: ['.whole'] }], content: { whole: { a: 1 } }, owners: { a: ['.whole'] } },
  { name: 'lists that are atomic: one owner', steps: [{ apply: { atoms: ['x'] }, by: 'a' }, { apply: { atoms: ['x', 'y'] }, by: 'b', conflict: ['.atoms'] }], content: { atoms: ['x'] } },
  { name: 'sets: items of their own, the applied order', steps: [{ apply: { set: ['b', 'a'] }, by: 'a' }, { apply: { set: ['c', 'a'] }, by: 'b' }], content: { set: ['b', 'c', 'a'] }, owners: { a: ['.set[="a"]', '.set[="b"]'], b: ['.set[="a"]', '.set[="c"]'] } },
  { name: 'sets: an applier takes back only what is its own', steps: [{ apply: { set: ['a', 'b'] }, by: 'a' }, { apply: { set: ['b', 'c'] }, by: 'b' }, { apply: {}, by: 'a' }], content: { set: ['b', 'c'] } },
  { name: 'sets of numbers', steps: [{ apply: { numbers: [10, 9] }, by: 'a' }], owners: { a: ['.numbers[=9]', '.numbers[=10]'] } },
  { name: 'duplicates in a set are refused', steps: [{ apply: { set: ['a', 'a'] }, by: 'a', error: /\.set: duplicate entries for key \[="a"\]$/ }, { update: {}, by: 'u' }] },
  { name: 'duplicates that are there are owned as one', steps: [{ update: { set: ['a', 'a', 'b'] }, by: 'u' }], owners: { u: ['.set', '.set[="a"]', '.set[="b"]'] } },
  { name: 'duplicates that become one', steps: [{ update: { set: ['a', 'a'] }, by: 'u' }, { apply: { set: ['a', 'c'] }, by: 'a', conflict: ['.set[="a"]'] }, { apply: { set: ['a', 'c'] }, by: 'a', force: true }], content: { set: ['a', 'c'] }, owners: { a: ['.set[="a"]', '.set[="c"]'], u: ['.set'] } },
  { name: 'keyed lists: by all keys, with their defaults', steps: [{ apply: { items: [{ name: 'n', value: 1 }] }, by: 'a' }, { apply: { items: [{ name: 'n', protocol: 'TCP', value: 2 }] }, by: 'b', conflict: ['.items[name="n",protocol="TCP"].value'] }, { apply: { items: [{ name: 'n', protocol: 'UDP', value: 2 }] }, by: 'b' }], content: { items: [{ name: 'n', value: 1 }, { name: 'n', protocol: 'UDP', value: 2 }] } },
  { name: 'keyed lists: an item is built by two', steps: [{ apply: { items: [{ name: 'n', value: 1 }] }, by: 'a' }, { apply: { items: [{ name: 'n', tags: ['t'] }] }, by: 'b' }, { apply: {}, by: 'a' }], content: { items: [{ name: 'n', tags: ['t'] }] }, owners: { b: ['.items[name="n",protocol="TCP"]', '.items[name="n",protocol="TCP"].name', '.items[name="n",protocol="TCP"].tags[="t"]'] } },
  { name: 'keyed lists: an item without any key', steps: [{ apply: { merged: [{ value: 1 }] }, by: 'a', error: /\.merged: element 0: associative list with keys has an element that omits all key fields \["name"\]/ }, { update: {}, by: 'u' }] },
  { name: 'keyed lists: items that are shared keep the applied order', steps: [{ apply: { merged: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }, by: 'a' }, { apply: { merged: [{ name: 'c' }, { name: 'x' }, { name: 'a' }] }, by: 'b' }], content: { merged: [{ name: 'b' }, { name: 'c' }, { name: 'x' }, { name: 'a' }] } },
  { name: 'strategic merge keys make a list a map', steps: [{ apply: { merged: [{ name: 'a', value: 1 }] }, by: 'a' }, { apply: { merged: [{ name: 'b', value: 2 }] }, by: 'b' }], content: { merged: [{ name: 'a', value: 1 }, { name: 'b', value: 2 }] } },
  { name: 'a removal by an updater is everybody\'s loss', steps: [{ apply: { map: { x: '1', y: '2' } }, by: 'a' }, { update: { map: { y: '2' } }, by: 'u' }], owners: { a: ['.map.y'] } },
  { name: 'empty maps and nulls are owned', steps: [{ apply: { map: {}, text: null }, by: 'a' }], content: { map: {} }, owners: { a: ['.map', '.text'] } },
  { name: 'null over a list with items takes nothing away', steps: [{ apply: { set: ['a'] }, by: 'a' }, { apply: { set: null }, by: 'b' }], content: { set: ['a'] } },
  { name: 'unknown fields', steps: [{ apply: { nothing: 1 }, by: 'a', error: /: \.nothing: field not declared in schema$/ }, { update: {}, by: 'u' }] },
  { name: 'several mistakes at once', steps: [{ apply: { number: 'x', flag: 'yes' }, by: 'a', error: /: errors:\n {2}\.number: expected numeric \(int or float\), got string\n {2}\.flag: expected boolean, got &\{yes\}$/ }, { update: {}, by: 'u' }] },
  { name: 'a list where a map should be', steps: [{ apply: { map: ['x'] }, by: 'a', error: /\.map: expected map, got &\{\[x\]\}$/ }, { update: {}, by: 'u' }] },
  { name: 'conflicts with several managers, each told of', steps: [{ apply: { number: 1 }, by: 'b' }, { apply: { text: 't' }, by: 'a' }, { apply: { number: 2, text: 'u' }, by: 'c', error: /^Apply failed with 2 conflicts: conflicts with "a":\n- \.text\nconflicts with "b":\n- \.number$/ }] },
];

for (const { name, steps, content, owners } of stories) {
  test(`apply: ${name}`, () => {
    const story = new Story();
    for (const step of steps) story.do(step);
    if (content !== undefined) assert.deepEqual(story.content, content);
    if (owners !== undefined) assert.deepEqual(story.owners, owners);
  });
}

test('objects without a schema: maps by their keys, lists as a whole', () => {
  const story = new Story(deduced);
  story.do({ apply: { spec: { a: 1, list: [{ name: 'x' }], deep: { k: 'v' } } }, by: 'a' });
  story.do({ apply: { spec: { list: [{ name: 'x' }, { name: 'y' }] } }, by: 'b', conflict: ['.spec.list'] });
  story.do({ apply: { spec: { deep: { more: true } } }, by: 'b' });
  assert.deepEqual(story.content, { spec: { a: 1, list: [{ name: 'x' }], deep: { k: 'v', more: true } } });
  story.do({ apply: { spec: { deep: { k: 'v' } } }, by: 'a' });
  assert.deepEqual(story.content, { spec: { deep: { k: 'v', more: true } } });
});

test('path elements: canonical text, order and how they are shown', () => {
  assert.equal(canonicalElement('k:{"b": 1, "a":"x"}'), 'k:{"a":"x","b":1}');
  assert.equal(canonicalElement('v: "x"'), 'v:"x"');
  assert.equal(canonicalElement('q:x'), undefined);
  for (const wrong of ['', 'f', 'name', 'k:[1]', 'k:{', 'i:x', 'v:']) assert.throws(() => canonicalElement(wrong), SyntaxError, wrong);
  const order = ['.', 'f:a', 'f:b', 'k:{"name":"a"}', 'k:{"name":"a","port":1}', 'k:{"name":"b"}', 'v:2', 'v:10', 'v:"1"', 'v:true', 'i:2', 'i:10'];
  assert.deepEqual([...order].reverse().sort(compareElements), order);
  assert.deepEqual(order.slice(1, 4).concat('v:"x"', 'i:3').map(showElement), ['.a', '.b', '[name="a"]', '[="x"]', '[3]']);
});

test('sets: union, intersection, difference', () => {
  const a = parseFieldSet({ 'f:a': { '.': {}, 'f:x': {}, 'f:y': {} }, 'f:b': {} });
  const b = parseFieldSet({ 'f:a': { 'f:x': {} }, 'f:c': {} });
  assert.deepEqual(union(a, b), { 'f:a': { '.': {}, 'f:x': {}, 'f:y': {} }, 'f:b': {}, 'f:c': {} });
  assert.deepEqual(intersection(a, b), { 'f:a': { 'f:x': {} } });
  assert.deepEqual(difference(a, b), { 'f:a': { '.': {}, 'f:y': {} }, 'f:b': {} });
  assert.deepEqual(difference(a, setOfPath(['f:a'])), { 'f:a': { 'f:x': {}, 'f:y': {} }, 'f:b': {} });
  assert.deepEqual(recursiveDifference(a, setOfPath(['f:a'])), { 'f:b': {} });
  assert.deepEqual(restrict(a, { 'f:a': { 'f:x': true } }), { 'f:a': { '.': {}, 'f:x': {} } });
  assert.equal(union(a, intersection(a, b)), a, 'what changes nothing makes nothing');
  assert.equal(difference(b, a) === undefined, false);
  assert.equal(difference(a, a), undefined);
  assert.deepEqual([hasPath(a, ['f:a']), hasPath(b, ['f:a']), hasPath(a, ['f:a', 'f:y']), hasPath(a, [])], [true, false, true, false]);
  assert.throws(() => parseFieldSet({ 'f:a': 1 }), SyntaxError);
  assert.equal(parseFieldSet({}), undefined);
});

test('a type that became atomic: its owner has the whole of it', () => {
  const set = parseFieldSet({ 'f:whole': { 'f:a': {} }, 'f:frozen': { '.': {}, 'f:x': {} }, 'f:atoms': { 'v:"x"': {} }, 'f:inner': { 'f:a': {} }, 'f:number': {} });
  assert.deepEqual(reconcileFields(set, structShape(kind)), { 'f:atoms': {}, 'f:frozen': {}, 'f:inner': { 'f:a': {} }, 'f:number': {}, 'f:whole': {} });
  const sound = parseFieldSet({ 'f:inner': { 'f:a': {} } });
  assert.equal(reconcileFields(sound, structShape(kind)), sound);
});

test('what Go leaves out is not owned, what it always writes is', () => {
  const shape = structShape(builtinSchema.resource('', 'v1', 'pods')!.schema);
  const container = (more: object): object => ({ spec: { hostNetwork: false, nodeSelector: {}, tolerations: [], containers: [{ name: 'c', tty: false, ...more }] } });
  assert.deepEqual(createdFields(container({}), shape, undefined), { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:name': {}, 'f:resources': {} } } } });
  assert.deepEqual(createdFields({ spec: { automountServiceAccountToken: false } }, shape, undefined), { 'f:spec': { 'f:automountServiceAccountToken': {} } });
  const again = createdFields(container({}), shape, undefined);
  assert.equal(createdFields(container({}), shape, undefined), again, 'objects alike share one tree');
});

test('updates in the version of all managers are those of the long way', () => {
  const shape = structShape(kind);
  for (let seed = 1; seed <= 40; seed++) {
    const random = new SeededRandom(seed);
    const next = (): KubeObject => ({ apiVersion: version, kind: 'Kind', metadata: { name: 'x' }, ...randomObject(random) });
    let live = next();
    live.metadata.managedFields = trackUpdate(undefined, live, writerOf('m0', shape))!;
    for (let i = 0; i < 12; i++) {
      const object = pick(random, 4) === 0 ? structuredClone(live) : next();
      const writer = writerOf(`m${pick(random, 4)}`, shape, `2026-01-01T00:00:0${pick(random, 10)}Z`);
      const owners = storedOwners(live.metadata.managedFields);
      const comparison = compareObjects(live, object, shape, { form: 'go', ignored: writer.endpoint.ignored });
      updateOwners(owners, { live, object, comparison, except: undefined }, writer);
      const entries = updatedEntries(live.metadata.managedFields!, comparison, writer);
      assert.equal(JSON.stringify(entries), JSON.stringify(entriesOf(owners) ?? []), `seed ${seed}, step ${i}`);
      if (entries.length === 0) break;
      live = object;
      live.metadata.managedFields = entries;
    }
  }
});

test('objects that are made and changed alike share their sets', () => {
  const writer = writerOf('m', structShape(kind));
  const sets = ['a', 'b'].map((text) => {
    const object = (more: JsonObject): KubeObject => ({ apiVersion: version, kind: 'Kind', metadata: { name: text }, ...more });
    const live = object({ text, items: [{ name: 'one', value: 1 }] });
    live.metadata.managedFields = trackUpdate(undefined, live, { ...writer, time: `2026-01-01T00:00:0${text === 'a' ? 1 : 2}Z` })!;
    return trackUpdate(live, object({ text: `${text}!`, number: 2, items: [{ name: 'one', value: 2 }, { name: 'two' }] }), writer)![0]!.fieldsV1;
  });
  assert.ok(sets[0] !== undefined && sets[0] === sets[1]);
});

test('the text of managed fields, and reading it', () => {
  const tree = parseFieldSet({ 'f:data': { '.': {}, 'f:"fieldsV1":{': {}, 'v:"]}\\""': {} } })!;
  const entries = [{ manager: 'a"b', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: tree }, { manager: 'c', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {}, subresource: 'status' }];
  assert.equal(entriesText(entries), JSON.stringify(entries));
  const whole = { metadata: { managedFields: entries, name: 'x', annotations: { a: '"fieldsV1":{}' } }, spec: { template: { metadata: { managedFields: [{ fieldsV1: { 'f:z': {} } }] } } } };
  const json = JSON.stringify(whole);
  for (let i = 0; i < 3; i++) assert.deepEqual(parseSharing(json, json.indexOf('[')), whole);
  const [one, two] = [parseSharing<typeof whole>(json, json.indexOf('[')), parseSharing<typeof whole>(json, json.indexOf('['))];
  assert.equal(one.metadata.managedFields[0]!.fieldsV1, two.metadata.managedFields[0]!.fieldsV1);
});

const pick = (random: SeededRandom, below: number): number => Math.floor(random.float() * below);

/** Random objects of the test's kind. */
function randomObject(random: SeededRandom): JsonObject {
  const chance = (): boolean => pick(random, 2) === 0;
  // Go knows no empty map or list, so that nothing is to be learned from them.
  const letters = (): string[] => ['a', ...['b', 'c', 'd'].filter(chance)];
  const made: Record<string, JsonValue> = {};
  if (chance()) made['number'] = pick(random, 3);
  if (chance()) made['text'] = `t${pick(random, 2)}`;
  if (chance()) made['set'] = letters();
  if (chance()) made['atoms'] = letters();
  if (chance()) made['map'] = Object.fromEntries(letters().map((key) => [key, String(pick(random, 2))]));
  if (chance()) made['items'] = letters().map((name) => ({ name, ...(chance() && { value: pick(random, 2) }), ...(chance() && { tags: letters() }) }));
  if (chance()) made['inner'] = { ...(chance() && { a: pick(random, 2) }), b: 1 };
  if (chance()) made['whole'] = { a: pick(random, 2) };
  return made;
}

test('random stories: to apply the same again changes nothing, and owners cover the object', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new SeededRandom(seed);
    const story = new Story();
    for (let i = 0; i < 8; i++) {
      const by = `m${pick(random, 3)}`;
      if (pick(random, 4) === 0) {
        story.do({ update: randomObject(random), by });
        continue;
      }
      const apply = randomObject(random);
      story.do({ apply, by, force: true });
      const before = JSON.stringify(story.live);
      story.do({ apply, by });
      assert.equal(JSON.stringify(story.live), before, `seed ${seed}, step ${i}`);
      for (const path of pathsOf(appliedFields(apply, story.shape))) {
        const mine = story.live!.metadata.managedFields!.find(({ manager, operation }) => manager === by && operation === 'Apply');
        assert.ok(hasPath(mine?.fieldsV1 as FieldSet, path), `seed ${seed}: ${path.join(' ')}`);
      }
    }
    let all: FieldSet | undefined;
    for (const { fieldsV1 } of story.live?.metadata.managedFields ?? []) all = union(all, fieldsV1 as FieldSet);
    const shape = structShape(kind);
    for (const path of pathsOf(appliedFields(story.content, shape))) assert.ok(hasPath(all, path), `seed ${seed}: nobody has ${path.join(' ')}`);
  }
});
