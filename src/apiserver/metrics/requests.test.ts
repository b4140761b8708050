import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequestInfo } from '../request-info.ts';
import type { Rows } from './registry.ts';
import { RequestMetrics } from './requests.ts';

test('what clients make up does not become series of its own', () => {
  const metrics = new RequestMetrics(({ resource, subresource }) => resource === 'pods' && subresource === '');
  const record = (path: string, code: number): void => metrics.record({ info: parseRequestInfo('GET', path, undefined), method: 'GET', rawQuery: '', sentBytes: 1, waitedMs: 0, isApply: false }, code, 1);
  record('/api/v1/pods', 200);
  for (let i = 0; i < 1000; i++) {
    record(`/api/v1/made-up-${i}`, 404);
    record(`/apis/g${i}/v${i}/pods/x/made-up-${i}`, 404);
    record(`/nothing/${i}`, 404);
  }
  const totals = [...metrics.families.find(({ name }) => name === 'apiserver_request_total')!.read() as Rows];
  assert.deepEqual(totals.map(([{ resource, verb, code }, value]) => [resource, verb, code, value]).sort(), [['', '', '404', 2000], ['', 'GET', '404', 1000], ['pods', 'LIST', '200', 1]].sort());
});
