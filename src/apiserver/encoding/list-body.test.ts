import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListBody } from './list-body.ts';

const encoder = new TextEncoder();
const bodyOf = (items: readonly string[]): ListBody => {
  const pieces = items.map((item) => encoder.encode(item));
  return new ListBody({ head: encoder.encode('{"items":['), count: pieces.length, bytesOf: (index) => pieces[index]!, tail: encoder.encode(']}\n'), separated: true });
};

test('items that bring their own separators come as they are', () => {
  const pieces = ['a', ',b', '', ',c'].map((item) => encoder.encode(item));
  for (const size of [1, 2, 5, 100]) {
    const body = new ListBody({ head: new Uint8Array(), count: pieces.length, bytesOf: (index) => pieces[index]!, tail: encoder.encode('!'), separated: false });
    const buffer = new Uint8Array(size);
    let text = '';
    for (let read = body.read(buffer); read > 0; read = body.read(buffer)) text += new TextDecoder().decode(buffer.subarray(0, read));
    assert.equal(text, 'a,b,c!');
    assert.equal(body.sizeBytes, 6);
  }
});

test('a list comes out the same through buffers of any size', () => {
  for (const items of [[], ['{}'], ['{"a":1}', '{"bb":22}', '{"ccc":333}'], Array.from({ length: 40 }, (_, i) => JSON.stringify({ i, text: 'x'.repeat(i) }))]) {
    const expected = `{"items":[${items.join(',')}]}\n`;
    for (const size of [2, 3, 7, 16, 64, expected.length, expected.length + 1, 10_000]) {
      const body = bodyOf(items);
      assert.equal(body.sizeBytes, expected.length);
      const buffer = new Uint8Array(size);
      let text = '';
      for (let read = body.read(buffer); read > 0; read = body.read(buffer)) text += new TextDecoder().decode(buffer.subarray(0, read));
      assert.equal(text, expected, `buffer of ${size}`);
    }
    assert.equal(new TextDecoder().decode(bodyOf(items).whole()), expected);
  }
});

test('a prefix is left out of the items that begin with it', () => {
  const pieces = ['{"k":1,"a":1}', '{"k":2,"a":2}', '{"k":1}', '{"k":1,"b":[]}'].map((item) => encoder.encode(item));
  const expected = '[{"a":1},{"k":2,"a":2},{"k":1},{"b":[]}]';
  for (const size of [2, 3, 5, 11, 100]) {
    const body = new ListBody({ head: encoder.encode('['), count: pieces.length, bytesOf: (index) => pieces[index]!, tail: encoder.encode(']'), separated: true, prefix: encoder.encode('{"k":1,') });
    const buffer = new Uint8Array(size);
    let text = '';
    for (let read = body.read(buffer); read > 0; read = body.read(buffer)) text += new TextDecoder().decode(buffer.subarray(0, read));
    assert.equal(text, expected, `buffer of ${size}`);
    assert.equal(body.sizeBytes, expected.length);
  }
});
