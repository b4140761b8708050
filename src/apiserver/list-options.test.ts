import assert from 'node:assert/strict';
import test from 'node:test';
import type { ApiError } from '../api/status.ts';
import { encodeContinue } from './verbs/continue-token.ts';
import type { Shown } from './testing/server.ts';
import { TestServer } from './testing/server.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const make = (api: TestServer, name: string): Promise<Shown> => api.create(configMaps, { metadata: { name } });

/** What a request comes to: names and remaining count of a list, or code and message of a refusal. */
async function outcome(api: TestServer, query: string): Promise<string> {
  const told = api.get(`${configMaps}?${query}`).then(
    ({ items, metadata }) => `${items.map((item) => item.metadata.name).join(' ')}${metadata.continue === undefined ? '' : ` +${metadata.remainingItemCount ?? '?'}`} @${metadata.resourceVersion}`,
    (error: unknown) => `${(error as ApiError).code} ${(error as ApiError).message}`,
  );
  await api.clock.advance(3000);
  return told;
}

const invalid = (problem: string): string => `422 ListOptions.meta.k8s.io "" is invalid: ${problem}`;
const matchForbidden = 'resourceVersionMatch: Forbidden:';
const token = (text: string): string => Buffer.from(text).toString('base64url');

/**
 * `A`, `B`, `C` stand for the revisions at which a, b and c were made (c is the latest); `F` for one to come; `T` for
 * the token of a first page of one, at C.
 */
const lists: [query: string, expected: string][] = [
  ['', 'a b c @C'],
  ['limit=2', 'a b +1 @C'],
  ['limit=3', 'a b c @C'],
  ['limit=2&fieldSelector=metadata.name!%3Dx', 'a b +? @C'],
  // The third is not chosen, but nobody has looked.
  ['limit=2&fieldSelector=metadata.name!%3Dc', 'a b +? @C'],
  ['resourceVersion=0', 'a b c @C'],
  ['resourceVersion=0&limit=1', 'a b c @C'],
  ['resourceVersion=0&resourceVersionMatch=NotOlderThan&limit=1', 'a b c @C'],
  ['resourceVersion=A', 'a b c @C'],
  ['resourceVersion=A&resourceVersionMatch=NotOlderThan', 'a b c @C'],
  ['resourceVersion=A&resourceVersionMatch=NotOlderThan&limit=1', 'a +2 @C'],
  ['resourceVersion=A&resourceVersionMatch=Exact', 'a @A'],
  ['resourceVersion=B&resourceVersionMatch=Exact&limit=1', 'a +1 @B'],
  // Without a match, a page means exactly that revision.
  ['resourceVersion=B&limit=1', 'a +1 @B'],
  ['resourceVersion=A&limit=5', 'a @A'],
  ['resourceVersion=F', '504 Timeout: Too large resource version: F, current: C'],
  ['resourceVersion=F&limit=1', '504 Timeout: Too large resource version: F, current: C'],
  ['resourceVersion=F&resourceVersionMatch=Exact', '504 Timeout: Too large resource version: F, current: C'],
  ['resourceVersion=F&resourceVersionMatch=NotOlderThan', '504 Timeout: Too large resource version: F, current: C'],
  ['continue=T', 'b c @C'],
  ['continue=T&limit=1', 'b +1 @C'],
  ['continue=T&resourceVersion=0', 'b c @C'],
  ['continue=T&resourceVersion=A', '400 specifying resource version is not allowed when using continue'],
  ['continue=T&resourceVersion=A&resourceVersionMatch=Exact', invalid(`${matchForbidden} resourceVersionMatch is forbidden when continue is provided`)],
  ['resourceVersionMatch=Exact', invalid(`${matchForbidden} resourceVersionMatch is forbidden unless resourceVersion is provided`)],
  ['resourceVersionMatch=NotOlderThan', invalid(`${matchForbidden} resourceVersionMatch is forbidden unless resourceVersion is provided`)],
  ['resourceVersion=0&resourceVersionMatch=Exact', invalid(`${matchForbidden} resourceVersionMatch "exact" is forbidden for resourceVersion "0"`)],
  ['resourceVersion=A&resourceVersionMatch=Other', invalid('resourceVersionMatch: Unsupported value: "Other": supported values: "Exact", "NotOlderThan", ""')],
  ['resourceVersionMatch=Other&continue=T', invalid(`[${matchForbidden} resourceVersionMatch is forbidden unless resourceVersion is provided, ${matchForbidden} resourceVersionMatch is forbidden when continue is provided, resourceVersionMatch: Unsupported value: "Other": supported values: "Exact", "NotOlderThan", ""]`)],
  ['sendInitialEvents=true', invalid('sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list')],
  ['sendInitialEvents=false', invalid('sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list')],
  ['resourceVersion=x', '400 invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'],
  ['resourceVersion=-1', '400 invalid resource version: resourceVersion: Invalid value: "-1": strconv.ParseUint: parsing "-1": invalid syntax'],
  ['resourceVersion=99999999999999999999', '400 invalid resource version: resourceVersion: Invalid value: "99999999999999999999": strconv.ParseUint: parsing "99999999999999999999": value out of range'],
  // What is said of the combination comes before what is said of the fields, and both after what cannot be read.
  ['resourceVersionMatch=Exact&fieldSelector=x%3D1', invalid(`${matchForbidden} resourceVersionMatch is forbidden unless resourceVersion is provided`)],
  ['resourceVersionMatch=Exact&limit=x', '400 strconv.ParseInt: parsing "x": invalid syntax'],
  ['fieldSelector=x%3D1', '400 "x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  ['fieldSelector=metadata.name%3Db', 'b @C'],
  ['fieldSelector=metadata.name%3Db,metadata.namespace%3Dother', ' @C'],
  ['fieldSelector=metadata.name%3Da,metadata.name%3Db', ' @C'],
  ['continue=!', '400 invalid continue token: continue key is not valid: illegal base64 data at input byte 0'],
  ['continue=abcde', '400 invalid continue token: continue key is not valid: illegal base64 data at input byte 4'],
  [`continue=${token('{')}`, '400 invalid continue token: continue key is not valid: unexpected end of JSON input'],
  [`continue=${token('{"rv":"1"}')}`, '400 invalid continue token: continue key is not valid: json: cannot unmarshal string into Go struct field continueToken.rv of type int64'],
  [`continue=${token('{"v":"v2"}')}`, '400 invalid continue token: continue key is not valid: server does not recognize this encoded version v2'],
  [`continue=${token('{"v":"meta.k8s.io/v1"}')}`, '400 invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)'],
  [`continue=${token('{"v":"meta.k8s.io/v1","rv":1}')}`, '400 invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)'],
  [`continue=${token('{"v":"meta.k8s.io/v1","rv":1,"start":"a/../b"}')}`, '400 invalid continue token: continue key is not valid: a/../b'],
  [`continue=${token('{"v":"meta.k8s.io/v1","rv":-1,"start":"b"}')}`, 'c @C'],
  [`continue=${token('{"v":"meta.k8s.io/v1","rv":999999,"start":"b"}')}`, '504 Timeout: Too large resource version: 999999, current: C'],
];

test('lists: every combination of resourceVersion, match, limit and continue', async (t) => {
  await using api = await TestServer.start();
  const revisions: Record<string, string> = { F: '900000' };
  for (const name of ['a', 'b', 'c']) revisions[name.toUpperCase()] = (await make(api, name)).metadata.resourceVersion!;
  revisions['T'] = (await api.get(`${configMaps}?limit=1`)).metadata.continue!;
  const filled = (text: string): string => text.replace(/(?<=resourceVersion=|continue=|@|version: |current: )[ABCFT]\b/g, (letter) => revisions[letter]!);
  for (const [query, expected] of lists) await t.test(query === '' ? 'nothing' : query, async () => assert.equal(await outcome(api, filled(query)), filled(expected)));
});

test('a revision to come is waited for', async () => {
  await using api = await TestServer.start();
  const { resourceVersion } = (await make(api, 'a')).metadata;
  const next = Number(resourceVersion) + 1;
  const lists = ['', '&limit=1', '&resourceVersionMatch=Exact'].map((more) => api.get(`${configMaps}?resourceVersion=${next}${more}`));
  await api.clock.advance(1000);
  await make(api, 'b');
  assert.deepEqual((await Promise.all(lists)).map((list) => list.metadata.resourceVersion), [String(next), String(next), String(next)]);
});

test('what is too large says when to try again, and why', async () => {
  await using api = await TestServer.start();
  const waiting = api.get(`${configMaps}?resourceVersion=900000`).catch((error: unknown) => error as ApiError);
  await api.clock.advance(3000);
  assert.deepEqual((await waiting as ApiError).details, { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 });
});

test('compacted revisions are expired: exactly for a list, with a token to go on for a page', async () => {
  await using api = await TestServer.start();
  const { resourceVersion } = (await make(api, 'a')).metadata;
  for (const name of ['b', 'c', 'd']) await make(api, name);
  await api.store.compact(api.store.revision);
  assert.equal(await outcome(api, `resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`), '410 The resourceVersion for the provided list is too old.');
  const expired = await api.get(`${configMaps}?limit=1&continue=${encodeContinue({ revision: Number(resourceVersion), after: 'a' })}`).catch((error: unknown) => error as ApiError) as ApiError;
  assert.match(expired.message, /^The provided continue parameter is too old to display a consistent list result\. .* may show up in the list\.$/);
  const { continue: rest } = expired.toStatus().metadata;
  assert.deepEqual(JSON.parse(Buffer.from(rest!, 'base64url').toString()), { v: 'meta.k8s.io/v1', rv: -1, start: 'a\0' });
  assert.match(await outcome(api, `limit=1&continue=${rest}`), /^b \+2 @/);
});

const watches: [query: string, expected: string][] = [
  ['', 'ADDED a, ADDED b'],
  ['resourceVersion=0', 'ADDED a, ADDED b'],
  ['resourceVersion=A', 'ADDED b'],
  ['resourceVersion=B', ''],
  ['resourceVersion=900000', ''],
  ['sendInitialEvents=false&resourceVersionMatch=NotOlderThan', ''],
  ['sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=0', ''],
  ['sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=A', 'ADDED b'],
  ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan', 'ADDED a, ADDED b'],
  ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true', 'ADDED a, ADDED b, BOOKMARK @B end'],
  ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=0', 'ADDED a, ADDED b, BOOKMARK @B end'],
  ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=A', 'ADDED a, ADDED b, BOOKMARK @B end'],
  ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name%3Db', 'ADDED b, BOOKMARK @B end'],
  ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=900000', 'ERROR 504 Timeout: Too large resource version: 900000, current: B'],
  ['sendInitialEvents=true', `422 ListOptions.meta.k8s.io "" is invalid: ${matchForbidden} sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`],
  ['sendInitialEvents=true&resourceVersionMatch=Exact', `422 ListOptions.meta.k8s.io "" is invalid: [${matchForbidden} sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]`],
  ['resourceVersionMatch=NotOlderThan', `422 ListOptions.meta.k8s.io "" is invalid: ${matchForbidden} resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided`],
  ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x', `422 ListOptions.meta.k8s.io "" is invalid: ${matchForbidden} resourceVersionMatch is forbidden when continue is provided`],
  ['resourceVersion=x', '500 resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'],
  ['fieldSelector=data%3Dx', '400 "data" is not a known field selector: only "metadata.name", "metadata.namespace"'],
];

test('watches: where they start, and what they are refused for', async (t) => {
  await using api = await TestServer.start();
  const revisions: Record<string, string> = {};
  for (const name of ['a', 'b']) revisions[name.toUpperCase()] = (await make(api, name)).metadata.resourceVersion!;
  const filled = (text: string): string => text.replace(/(?<=resourceVersion=|@|current: )[AB]\b/g, (letter) => revisions[letter]!);
  for (const [query, expected] of watches) {
    await t.test(query === '' ? 'nothing' : query, async () => {
      const { events, ended, stop } = api.watch(`${configMaps}?watch=1&${filled(query)}`);
      const refused = ended.then(() => undefined, (error: unknown) => error as ApiError);
      await api.clock.advance(3000);
      stop();
      const error = await refused;
      const seen = error !== undefined ? `${error.code} ${error.message}` : events.map(({ type, object }) => {
        if (type === 'ERROR') return `${type} ${(object as unknown as { code: number }).code} ${object.message}`;
        return type === 'BOOKMARK' ? `${type} @${object.metadata.resourceVersion}${object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true' ? ' end' : ''}` : `${type} ${object.metadata.name}`;
      }).join(', ');
      assert.equal(seen, filled(expected));
    });
  }
});

test('one object is watched under its own path, and a selector may not contradict it', async () => {
  await using api = await TestServer.start();
  for (const name of ['a', 'b']) await make(api, name);
  const { events, stop } = api.watch('/api/v1/watch/namespaces/default/configmaps/b');
  await api.clock.settle();
  assert.deepEqual(events.map(({ object }) => object.metadata.name), ['b']);
  stop();
  await assert.rejects(api.watch('/api/v1/watch/namespaces/default/configmaps/b?fieldSelector=metadata.name%3Da').ended, { code: 400, message: "fieldSelector metadata.name doesn't match requested name" });
  // An object's own path has no watch upstream: it is the object.
  assert.equal((await api.get(`${configMaps}/b?watch=1`)).metadata.name, 'b');
});

test('pods of a node are found without looking at all others, and their watchers hear of nothing else', async () => {
  await using api = await TestServer.start();
  const pods = '/api/v1/namespaces/default/pods';
  const bind = (name: string, node: string): Promise<Shown> => api.create(`${pods}/${name}/binding`, { metadata: { name }, target: { kind: 'Node', name: node } });
  for (const name of ['p1', 'p2', 'p3']) await api.create(pods, { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  await bind('p1', 'n1');
  const of = async (node: string, more = ''): Promise<string[]> => (await api.get(`/api/v1/pods?fieldSelector=spec.nodeName%3D${node}${more}`)).items.map((item) => item.metadata.name!);
  assert.deepEqual(await of('n1'), ['p1']);
  assert.deepEqual(await of(''), ['p2', 'p3']);
  const { events } = api.watch('/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn2');
  await api.clock.settle();
  await bind('p2', 'n2');
  await bind('p3', 'n2');
  await api.delete(`${pods}/p1`, { gracePeriodSeconds: 0 });
  assert.deepEqual(await of('n1'), []);
  assert.deepEqual(await of('n2'), ['p2', 'p3']);
  assert.deepEqual(await of('n2', ',metadata.name!%3Dp2'), ['p3']);
  assert.deepEqual(await of('n2', '&limit=1'), ['p2']);
  await api.delete(`${pods}/p2`, { gracePeriodSeconds: 0 });
  assert.deepEqual(events.map(({ type, object }) => `${type} ${object.metadata.name}`), ['ADDED p2', 'ADDED p3', 'MODIFIED p2', 'DELETED p2']);
  assert.deepEqual((await api.get('/api/v1/pods?fieldSelector=spec.host%3Dn2')).items.map((item) => item.metadata.name), ['p3']);
});
