import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import type { APIGroupList, APIResourceList } from '../../api/types/meta/v1.ts';
import type { Client } from '../../client/client.ts';
import { messageOf } from './errors.ts';

/** A resource that the server serves. */
export interface ServedResource extends ResourceType<KubeObject> {
  readonly verbs: readonly string[];
}

export interface Discovery {
  /** Every resource in the preferred version of its group, without subresources. */
  readonly resources: readonly ServedResource[];
  /** Group versions that could not be asked (an aggregated API that is down), with why. */
  readonly failures: ReadonlyMap<string, string>;
}

/** Asks the server what it serves. Rejects only when not even the groups can be listed. */
export async function discover(client: Client): Promise<Discovery> {
  const groups = (await client.raw('GET', '/apis')) as APIGroupList;
  const preferred = groups.groups.map((group) => group.preferredVersion?.groupVersion ?? group.versions[0]?.groupVersion).filter((version) => version !== undefined);
  const paths = ['/api/v1', ...preferred.map((groupVersion) => `/apis/${groupVersion}`)];
  const answers = await Promise.allSettled(paths.map((path) => client.raw('GET', path)));
  const failures = new Map<string, string>();
  const resources = answers.flatMap((answer, index): ServedResource[] => {
    const groupVersion = paths[index]!.replace(/^\/apis?\//, '');
    if (answer.status === 'rejected') {
      failures.set(groupVersion, messageOf(answer.reason));
      return [];
    }
    const [group, version] = groupVersion.includes('/') ? (groupVersion.split('/') as [string, string]) : ['', groupVersion];
    return (answer.value as APIResourceList).resources
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced, verbs }) => ({ group, version, resource: name, kind, namespaced, verbs }));
  });
  return { resources, failures };
}
