import type { KubeObject } from '../../../src/api/meta/object.ts';
import { nameOf, namespaceOf } from '../../../src/api/meta/object.ts';
import type { ResourceType } from '../../../src/api/resource-type.ts';
import type { PodSpec, PodTemplateSpec } from '../../../src/api/types/core/v1.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { Client } from '../../../src/client/client.ts';
import type { Chance } from '../../fuzz/chance.ts';
import type { History } from '../history.ts';

/** What users have to do something with. */
export interface UserContext {
  readonly client: Client;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly history: History;
  readonly nodes: number;
}

/** Something that a user does now and then. It may fail as requests fail; users shrug. */
export interface Operation {
  readonly name: string;
  /** How often, in proportion to the others. */
  readonly weight: number;
  readonly run: (context: UserContext) => Promise<void>;
}

/** Where chaos reigns; more come and go. */
export const lastingNamespaces = ['red', 'blue'] as const;
/** Where nobody but its own controllers touches a pod. */
export const quietNamespace = 'quiet';

/** The namespaces that there are, now and then one that is about to go. */
export function somewhere({ chance, history }: UserContext): string {
  const passing = [...history.objects('core/namespaces').values()].map(nameOf).filter((name) => name.startsWith('passing-'));
  return passing.length > 0 && chance.happens(0.25) ? chance.pick(passing) : chance.pick(lastingNamespaces);
}

/** One of the objects that users made, if there is one. The store's truth: users have just looked. */
export function one<T extends KubeObject>({ chance, history }: UserContext, resource: string, is: (object: T) => boolean = () => true): T | undefined {
  const all = [...history.objects<T>(resource).values()].filter((object) => isUsers(object) && namespaceOf(object) !== quietNamespace && is(object));
  return all.length === 0 ? undefined : chance.pick(all);
}

const isUsers = (object: KubeObject): boolean => !namespaceOf(object).startsWith('kube-') && namespaceOf(object) !== 'default';

export const refOf = (object: KubeObject): { namespace: string; name: string } => ({ namespace: namespaceOf(object), name: nameOf(object) });

/** `app-3`: few, so that names are used again. */
export const someName = (chance: Chance, prefix: string, of = 4): string => `${prefix}-${chance.int(of)}`;

export const goodImages = ['app:1', 'app:2', 'app:3'] as const;
export const badImage = 'nonexistent:1';

/** What pods do. */
export function template(chance: Chance, labels: Readonly<Record<string, string>>, more: Partial<PodSpec> = {}, annotations: Readonly<Record<string, string>> = {}): PodTemplateSpec {
  const readiness = chance.happens(0.3);
  return {
    metadata: {
      labels: { ...labels },
      annotations: {
        ...(chance.happens(0.4) && { 'coxswain.io/start-delay': chance.pick(['200ms', '2s', '9s']) }),
        ...(chance.happens(0.3) && { 'coxswain.io/stop-delay': chance.pick(['100ms', '3s', '20s']) }),
        ...(readiness && { 'coxswain.io/probe-readiness': chance.pick(['pass', 'pass-after:3s', 'pass-after:12s']) }),
        ...annotations,
      },
    },
    spec: {
      // Tokens are signed outside the event loop.
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: chance.pick([0, 1, 5, 30]),
      containers: [{
        name: 'app', image: chance.pick(goodImages),
        resources: { requests: { cpu: chance.pick(['50m', '100m', '300m']), memory: '64Mi' } },
        ...(readiness && { readinessProbe: { exec: { command: ['true'] }, periodSeconds: chance.pick([1, 5]) } }),
      }],
      ...more,
    },
  };
}

/** Reads, changes, writes, again and again while others write in between. Gives up as people do. */
export async function edit<T extends KubeObject>({ client }: UserContext, type: ResourceType<T>, object: KubeObject, change: (object: T) => void): Promise<void> {
  const current = structuredClone(await client.get(type, refOf(object)));
  change(current);
  await client.update(type, current);
}

export async function remove<T extends KubeObject>({ client, chance }: UserContext, type: ResourceType<T>, object: KubeObject): Promise<void> {
  await client.delete(type, refOf(object), { propagationPolicy: chance.pick(['Background', 'Background', 'Foreground', 'Orphan']) });
}
