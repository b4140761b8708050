import assert from 'node:assert/strict';
import { it } from 'node:test';
import { WrittenVersions } from './written-versions.ts';

it('nothing is done before what was written is seen', () => {
  const cache = { lastSyncResourceVersion: '9' };
  const written = new WrittenVersions();
  written.wrote('ns/a', cache, { metadata: { resourceVersion: '101' } });
  written.wrote('ns/a', cache, { metadata: { resourceVersion: '20' } });
  assert.throws(() => written.ensureSeen('ns/a'), /read version: 9 is not as new as written version: 101/);
  written.ensureSeen('ns/b');
  cache.lastSyncResourceVersion = '101';
  written.ensureSeen('ns/a');
  cache.lastSyncResourceVersion = '0';
  written.ensureSeen('ns/a');
});
