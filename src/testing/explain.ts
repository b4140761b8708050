import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { groupResourceOf } from '../api/resource-type.ts';
import type { Client, ObjectRef } from '../client/client.ts';
import { resourcePath } from '../client/rest-client.ts';
import type { Explanation } from '../why/explanation.ts';
import { textOf } from '../why/text.ts';

/**
 * Why an object is as it is, a line each: what `coxswain why` says of it. `client` reads what is there; the answer is made
 * by the API server's own rules. Of an object that is not there, it also says which there are: a misspelt name is found so.
 */
export async function explain(client: Client, type: ResourceType<KubeObject>, ref: ObjectRef): Promise<readonly string[]> {
  const explanation = await client.raw('GET', `/why${resourcePath(type, ref.namespace, ref.name)}`) as Explanation;
  const lines = textOf(explanation).trimEnd().split('\n');
  return explanation.absent === true ? [...lines, ...await others(client, type, ref)] : lines;
}

async function others(client: Client, type: ResourceType<KubeObject>, { namespace }: ObjectRef): Promise<string[]> {
  const { items } = await client.list(type, namespace === undefined ? {} : { namespace }, { limit: 10 });
  return [items.length === 0 ? `  there are no ${groupResourceOf(type)} there` : `  there are: ${items.map(({ metadata }) => metadata.name).join(', ')}`];
}
