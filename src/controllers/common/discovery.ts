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
  /** Every resource, without subresources: in the preferred version of its group, or the first that has it where that one does not. */
  readonly resources: readonly ServedResource[];
  /** Group versions that could not be asked (an aggregated API that is down), with why. */
  readonly failures: ReadonlyMap<string, string>;
}

/** Asks the server what it serves. Rejects only when not even the groups can be listed. */
export async function discover(client: Client): Promise<Discovery> {
  const { groups } = (await client.raw('GET', '/apis')) as APIGroupList;
  const paths = ['/api/v1'];
  for (const { preferredVersion, versions } of groups) {
    // A custom resource may have none but another version than the one that its group prefers.
    const first = preferredVersion?.groupVersion ?? versions[0]?.groupVersion;
    if (first !== undefined) paths.push(`/apis/${first}`);
    for (const { groupVersion } of versions) if (groupVersion !== first) paths.push(`/apis/${groupVersion}`);
  }
  const answers = await Promise.allSettled(paths.map((path) => client.raw('GET', path)));
  const failures = new Map<string, string>();
  const resources = new Map<string, ServedResource>();
  for (let i = 0; i < paths.length; i++) {
    const answer = answers[i]!;
    const groupVersion = paths[i]!.replace(/^\/apis?\//, '');
    if (answer.status === 'rejected') {
      failures.set(groupVersion, messageOf(answer.reason));
      continue;
    }
    const [group, version] = groupVersion.includes('/') ? (groupVersion.split('/') as [string, string]) : ['', groupVersion];
    for (const { name, kind, namespaced, verbs } of (answer.value as APIResourceList).resources) {
      const id = `${group}/${name}`;
      if (!name.includes('/') && !resources.has(id)) resources.set(id, { group, version, resource: name, kind, namespaced, verbs });
    }
  }
  return { resources: [...resources.values()], failures };
}
