import type { Explanation, ExplanationList, Finding } from '../../src/why/explanation.ts';
import { stepText, textOf } from '../../src/why/text.ts';
import type { Client } from '../../src/client/client.ts';

/** Why is the object so, at this path of the API? */
export async function whyOf(client: Client, path: string): Promise<Explanation> {
  return await client.raw('GET', `/why${path}`) as Explanation;
}

export async function whyAll(client: Client, path: string): Promise<ExplanationList> {
  return await client.raw('GET', `/why${path}`) as ExplanationList;
}

export const podPath = (namespace: string, name: string): string => `/api/v1/namespaces/${namespace}/pods/${name}`;
export const appPath = (namespace: string, resource: string, name: string): string => `/apis/apps/v1/namespaces/${namespace}/${resource}/${name}`;

/** Every finding of the tree, those at its top first. */
export function allFindings(findings: readonly Finding[]): Finding[] {
  return findings.flatMap((finding) => [finding, ...allFindings(finding.because ?? [])]);
}

/** The only finding of this cause, wherever in the tree it is; throws, with the whole answer, when there is none. */
export function findingOf(explanation: Explanation, cause: string): Finding {
  const found = allFindings(explanation.findings).find((finding) => finding.cause === cause);
  if (found === undefined) throw new Error(`no ${cause} in:\n${textOf(explanation)}`);
  return found;
}

/** The chains as sentences, the names that were generated with stars in their place. */
export function chainsOf({ history }: Explanation): string[][] {
  return history.map(({ steps, end }) => [...steps.map((step) => stepText(step).replaceAll(/-[bcdf0-9a-z]{9,10}-[bcdf0-9a-z]{5}\b/g, '-*-*').replaceAll(/-[bcdfghjklmnpqrstvwxz2456789]{5,10}\b(?!-)/g, '-*')), ...(end === '' ? [] : [end])]);
}
