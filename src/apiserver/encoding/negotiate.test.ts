import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../api/status.ts';
import type { Answered } from './negotiate.ts';
import { Negotiator } from './negotiate.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';
const partial = ';as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const table = ';as=Table;g=meta.k8s.io;v=v1';
const all = 'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf';
const streams = 'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch';
const router = '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf';

function outcome(negotiator: Negotiator, accept: string | undefined, answered: Exclude<Answered, 'error'>): string {
  try {
    const { format, as, version, pretty } = negotiator.negotiate(accept, answered);
    return [format, ...(as === undefined ? [] : [as, version]), ...(pretty ? ['pretty'] : [])].join(' ');
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}

const accepts: [accept: string | undefined, expected: string, answered?: Exclude<Answered, 'error'>][] = [
  [undefined, 'json'], ['', 'json'], ['*/*', 'json'], ['application/json', 'json'], ['application/json; charset=utf-8', 'json'], ['text/html, */*;q=0.1', 'json'],
  ['application/yaml', 'yaml'], ['application/json;q=0.5, application/yaml', 'yaml'], ['*/*, application/yaml', 'yaml'], ['application/json;pretty=1', 'json pretty'],
  [protobuf, 'protobuf'], [`${protobuf}, application/json`, 'json'], [`${protobuf},*/*`, 'json'], [`${protobuf}, application/yaml`, 'protobuf'], [`${protobuf};stream=watch`, 'protobuf', 'watch'],
  [`${protobuf}${partial},application/json${partial},application/json`, 'json PartialObjectMetadataList v1'],
  [`${protobuf}${partial}`, 'protobuf PartialObjectMetadataList v1'], [`application/yaml${partial}`, 'yaml PartialObjectMetadataList v1'],
  [`application/json${table},application/json;as=Table;g=meta.k8s.io;v=v1beta1,application/json`, 'json Table v1'], [`application/json;as=Table;g=meta.k8s.io;v=v1beta1`, 'json Table v1beta1'],
  [`${protobuf}${table}`, all], [`${protobuf}${table}, application/json`, 'json'], [`application/json${table}`, all, 'plain'], [`application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1`, 'json PartialObjectMetadata v1', 'plain'],
  ['application/json;as=Table;g=other;v=v1', all], ['application/json;g=meta.k8s.io;v=v1', all], ['application/json;sv=v1', 'json'], ['application/json;sv=v2', all], ['application/json;stream=other', all],
  ['application/yaml', streams, 'watch'], ['application/yaml;stream=watch', all], ['image/png', router], ['application/*', router], ['application/cbor', router], ['application/json/x, nonsense', router],
];

for (const [accept, expected, answered = 'object'] of accepts) {
  test(`Accept: ${accept ?? '(none)'} for ${answered}`, () => assert.equal(outcome(new Negotiator(), accept, answered), expected));
}

test('collections may be watched, which their 406 tells', () => {
  assert.throws(() => new Negotiator().negotiate('image/png', 'object', { list: true }), { message: `${router}, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch` });
});

test('errors are never transformed', () => {
  const negotiator = new Negotiator();
  assert.equal(negotiator.find(`application/json${table}`, 'error'), undefined);
  assert.equal(negotiator.find(`application/json${table},application/json`, 'error')!.format, 'json');
  assert.equal(negotiator.find(protobuf, 'error')!.format, 'protobuf');
});

test('CBOR where it was turned on: clients get it in the order of their preference', () => {
  const negotiator = new Negotiator({ cbor: true });
  assert.equal(outcome(negotiator, 'application/cbor', 'object'), 'cbor');
  assert.equal(outcome(negotiator, 'application/cbor, application/json', 'watch'), 'cbor');
  assert.equal(outcome(negotiator, '*/*', 'object'), 'json');
  assert.equal(outcome(negotiator, 'image/png', 'object'), `${router}, application/cbor`);
  assert.throws(() => negotiator.negotiate('application/yaml', 'watch'), { message: `${streams}, application/cbor-seq` });
});
