import { request } from 'node:https';
import type { Clock } from '../../src/base/clock.ts';
import { callJson } from './call.ts';

/** As much of a pod as anybody here looks at. */
export interface SeenPod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly state?: { readonly running?: object } }[];
  };
}

/** What a watch of the pods of the default namespace has seen. */
export interface FollowedPods {
  /** Of each pod that has become Ready: how long after its creation, milliseconds. */
  readonly startMs: readonly number[];
}

/** Watches pods from now on. Resolves when the watch has begun. */
export async function followPods(url: string, token: string, clock: Clock): Promise<FollowedPods> {
  /** Those that are not Ready yet. */
  const createdMs = new Map<string, number>();
  const startMs: number[] = [];
  await watchPods(url, token, (type, { metadata: { name }, status }) => {
    if (type === 'ADDED') createdMs.set(name, clock.monotonicMs());
    const fromMs = createdMs.get(name);
    if (fromMs === undefined || status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') !== true) return;
    createdMs.delete(name);
    startMs.push(clock.monotonicMs() - fromMs);
  });
  return { startMs };
}

/** Tells every change of the default namespace's pods from now on, until the server ends. Resolves when the watch has begun. */
export async function watchPods(url: string, token: string, see: (type: string, pod: SeenPod) => void): Promise<void> {
  const { metadata } = await callJson<{ metadata: { resourceVersion: string } }>(url, token, 'GET', '/api/v1/pods?limit=1');
  await new Promise<void>((resolve, reject) => {
    request(`${url}/api/v1/namespaces/default/pods?watch=1&resourceVersion=${metadata.resourceVersion}`, { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } }, (incoming) => {
      resolve();
      let rest = '';
      incoming.on('error', () => {});
      incoming.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) {
          const { type, object } = JSON.parse(line) as { type: string; object: SeenPod };
          see(type, object);
        }
      });
    }).once('error', reject).end();
  });
}
