import assert from 'node:assert/strict';
import type { Container, Pod, PodSpec, Volume } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { agnhost, podOf } from '../pods/real-cluster.ts';

/** A pod with one volume, mounted at `path`, that a container looks at and ends. */
export interface Looked {
  readonly name: string;
  readonly source: Omit<Volume, 'name'>;
  readonly path: string;
  /** What to ask: `['file_mode', '/etc/volume/data-1']` … */
  readonly ask: readonly (readonly [string, string])[];
  readonly container?: Partial<Container>;
  readonly spec?: Partial<PodSpec>;
  readonly metadata?: Pod['metadata'];
}

export function mountTestPod({ name, source, path, ask, container = {}, spec = {}, metadata = {} }: Looked): Pod {
  const pod = podOf(name, {
    name: 'client-container', image: agnhost, args: ['mounttest', ...ask.map(([what, of]) => `--${what}=${of}`)], volumeMounts: [{ name: 'volume', mountPath: path }], ...container,
  }, { restartPolicy: 'Never', volumes: [{ name: 'volume', ...source }], ...spec });
  return { ...pod, metadata: { ...pod.metadata, ...metadata } };
}

/** Runs it to its end and looks for these lines, or matches, in what it said. */
export async function expectOutput(cluster: RealCluster, pod: Pod, expected: readonly (string | RegExp)[]): Promise<void> {
  const output = await cluster.output(pod);
  for (const one of expected) {
    if (typeof one === 'string') assert.ok(output.includes(one), `${one} in\n${output}`);
    else assert.match(output, one);
  }
}

/** Waits until the container has said it. */
export async function untilSaid(cluster: RealCluster, pod: string, container: string, text: string): Promise<void> {
  await cluster.until(`${pod}/${container} says ${text}`, async () => (await cluster.logs(pod, container).catch(() => '')).includes(text));
}

/** Reads one file over and over. */
export const inLoop = (path: string): (readonly [string, string])[] => [['break_on_expected_content', 'false'], ['retry_time', '120'], ['file_content_in_loop', path]];
