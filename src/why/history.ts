import { splitKey } from '../api/meta/object.ts';
import type { WriteRecord } from '../api/provenance.ts';
import { formatTime } from '../base/clock.ts';
import { outsideText } from '../client/cause.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Chain, Named, Step } from './explanation.ts';

/** Writes that one chain goes back over, and all that are looked at for it. */
const maxSteps = 16;
const maxLooked = 256;

interface Link { readonly key: string; readonly record: WriteRecord }
interface Path { readonly links: readonly Link[]; readonly end: string }

/** A write that nobody's event set off, by somebody who is no part of the cluster. */
const isWanted = ({ user, cause }: WriteRecord): boolean => cause === '' && !user.startsWith('system:');

/** What of a cause is in the API: `deployments.apps/default/web@118`. */
function parseCause(cause: string): { readonly key: string; readonly revision: number }[] {
  return cause.split(',').flatMap((one) => {
    const at = one.lastIndexOf('@');
    const revision = Number(one.slice(at + 1));
    return at <= 0 || !one.includes('/') || !Number.isSafeInteger(revision) ? [] : [{ key: one.slice(0, at), revision }];
  });
}

export function namedOf(view: ClusterView, key: string): { readonly group: string; readonly resource: string; readonly named: Named } {
  const slash = key.indexOf('/');
  const groupResource = key.slice(0, slash);
  const { namespace, name } = splitKey(key.slice(slash + 1));
  const dot = groupResource.indexOf('.');
  return {
    group: dot < 0 ? '' : groupResource.slice(dot + 1), resource: dot < 0 ? groupResource : groupResource.slice(0, dot),
    named: { kind: view.parts.kindOf(groupResource) ?? groupResource, namespace, name },
  };
}

/** The ways that led to the writes of an object that matter: how it was made, last changed, and came to go. */
export async function historyOf(view: ClusterView, key: string, uid: string | undefined): Promise<Chain[]> {
  const records = view.parts.provenance.writesOf(key).filter((record) => uid === undefined || record.uid === '' || record.uid === uid);
  const chosen = new Set([
    records.findLast(({ operation }) => operation === 'created'),
    // Status is told, not wanted.
    records.findLast(({ operation, subresource }) => operation === 'updated' && (subresource === '' || subresource === 'scale' || subresource === 'resize')),
    records.findLast(({ operation }) => operation === 'marked'),
    records.findLast(({ operation }) => operation === 'deleted'),
  ].filter((record) => record !== undefined));
  const chains: Chain[] = [];
  for (const record of chosen) chains.push(await toChain(view, pathTo(view, { key, record })));
  return chains;
}

/** The chain behind one write: of the events that it reacted to, the one that leads back to somebody's wish. */
function pathTo(view: ClusterView, from: Link): Path {
  const known = new Map<WriteRecord, Path>();
  let looked = 0;
  const go = (link: Link, depth: number): Path => {
    const { record } = link;
    const before = known.get(record);
    if (before !== undefined) return before;
    const causes = parseCause(record.cause);
    if (causes.length === 0) return { links: [link], end: isWanted(record) ? '' : endOf(record) };
    let best: Path | undefined;
    if (depth < maxSteps && ++looked < maxLooked) {
      for (const { key, revision } of causes) {
        const earlier = view.parts.provenance.writesOf(key).findLast((other) => other.revision <= revision && other.revision < record.revision);
        if (earlier === undefined) continue;
        const path = go({ key, record: earlier }, depth + 1);
        if (best === undefined || isBetter(path, best)) best = path;
      }
    }
    const path: Path = best === undefined
      ? { links: [link], end: `it reacted to ${causes[0]!.key} at revision ${causes[0]!.revision}, and who wrote that is not known any more` }
      : { links: [link, ...best.links], end: best.end };
    known.set(record, path);
    return path;
  };
  return go(from, 0);
}

/** Why nothing of the API is behind a write. */
function endOf({ cause }: WriteRecord): string {
  const outside = cause.split(',').map(outsideText).find((text) => text !== undefined);
  return outside === undefined ? 'who wrote this did not say what it reacted to' : `nobody asked for this: ${outside}`;
}

/** One that ends with somebody's wish; of two such, the one that goes back the fewest steps. */
function isBetter(path: Path, other: Path): boolean {
  if ((path.end === '') !== (other.end === '')) return path.end === '';
  return path.end === '' ? path.links.length < other.links.length : path.links.length > other.links.length;
}

async function toChain(view: ClusterView, { links, end }: Path): Promise<Chain> {
  const steps: Step[] = [];
  for (const [i, { key, record }] of links.entries()) {
    const { group, resource, named } = namedOf(view, key);
    if (i > 0 && !await view.parts.mayGet(group, resource, named)) return { steps, end: 'what is behind it you may not read' };
    steps.push({ object: named, revision: record.revision, at: formatTime(record.atMs), operation: record.operation, subresource: record.subresource, user: record.user, userAgent: record.agent, command: record.command });
  }
  return { steps, end: end.startsWith('it reacted to') && links.length > 0 ? `${end} (the record begins at ${formatTime(view.parts.provenance.sinceMs)})` : end };
}
