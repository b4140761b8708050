import type { KubeObject } from '../api/meta/object.ts';
import { keyOf } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { groupResourceOf } from '../api/resource-type.ts';
import type { ObjectReference } from '../api/types/core/v1.ts';
import { asyncValue } from '../base/async-value.ts';

/**
 * What a write reacts to: objects at revisions, as `deployments.apps/default/web@118,pods/default/web-1@120`, and what is
 * not in the API, as `!heartbeat`; empty when nobody says. It travels from the event of an informer through a work queue
 * and a reconcile into the writes that come of it, and tells people afterwards why something happened (docs/why.md). It is
 * information, not authority: anybody may claim anything, and nothing is decided by it.
 */
export type Cause = string;

/** The header that carries it. A server that does not know it ignores it. */
export const causeHeader = 'coxswain-cause';

/** Of many events that one reconcile answers, so many are named: the first, which set it going, and the latest. */
const maxCauses = 4;
const maxCauseLength = 512;

/** An object as it stood when its event came. */
export function causeOf(type: Pick<ResourceType<KubeObject>, 'group' | 'resource'>, object: KubeObject): Cause {
  const cause = `${groupResourceOf(type)}/${keyOf(object)}@${object.metadata.resourceVersion ?? ''}`;
  // Names outside of what headers carry are rare, and so is asking why of them.
  return cause.length <= maxCauseLength && /^[\x21-\x2b\x2d-\x7e]+$/.test(cause) ? cause : '';
}

/** An object that a reference names, at its revision; where that says none, nothing of the API. */
export function namedCause({ apiVersion = 'v1', kind = '', namespace = '', name = '', resourceVersion }: ObjectReference): Cause {
  if (resourceVersion === undefined) return '!machine';
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return causeOf({ group, resource: `${kind.toLowerCase()}s` }, { metadata: { namespace, name, resourceVersion } });
}

/** What sets things off from outside of the API, each with its name for people. */
const outside = {
  '!start': 'it was starting', '!time': 'its time had come', '!heartbeat': 'it says that it lives', '!machine': 'something had changed on the machine',
  '!node-silent': 'the node had not been heard of for too long', '!node-gone': 'the node is gone', '!pressure': 'the machine was short of something',
} as const;

/** A cause that is no object. */
export type OutsideCause = keyof typeof outside;

/** What it is, for people; undefined for what is no such cause. */
export const outsideText = (cause: Cause): string | undefined => (Object.hasOwn(outside, cause) ? outside[cause as OutsideCause] : undefined);

/** Both; of more than a few, the first and the latest. */
export function joinCauses(known: Cause, more: Cause): Cause {
  if (known === '' || known === more) return more === '' ? known : more;
  if (more === '') return known;
  let all = known;
  if (!more.includes(',')) all = withCause(known, more);
  else for (const one of more.split(',')) all = withCause(all, one);
  return all;
}

function withCause(known: Cause, more: Cause): Cause {
  for (let at = known.indexOf(more); at >= 0; at = known.indexOf(more, at + 1)) {
    if ((at === 0 || known[at - 1] === ',') && (at + more.length === known.length || known[at + more.length] === ',')) return known;
  }
  let commas = 0;
  for (let comma = known.indexOf(','); comma >= 0; comma = known.indexOf(',', comma + 1)) commas++;
  let kept = known;
  for (; commas > 0 && (commas + 1 >= maxCauses || kept.length + more.length >= maxCauseLength); commas--) kept = withoutSecond(kept);
  return kept.length + more.length >= maxCauseLength ? kept : `${kept},${more}`;
}

function withoutSecond(causes: Cause): Cause {
  const first = causes.indexOf(',');
  const second = causes.indexOf(',', first + 1);
  return second < 0 ? causes.slice(0, first) : causes.slice(0, first) + causes.slice(second);
}

/** The event that handlers are being told of; its text is made when somebody asks for it. */
let current: { readonly type: ResourceType<KubeObject>; readonly object: KubeObject; text: Cause | undefined } | undefined;

/**
 * Tells handlers of an event about `object`: while `call` runs, `currentCause` names it. Only what happens synchronously
 * inside is meant: handlers of informers put keys on queues before they return, so nothing is passed through all of them.
 */
export function tellOf(type: ResourceType<KubeObject>, object: KubeObject, call: () => void): void {
  const outer = current;
  current = { type, object, text: undefined };
  try {
    call();
  } finally {
    current = outer;
  }
}

const reaction = asyncValue<Cause>();

/** Does work that reacts to the cause: what it writes says so, as does what it puts on queues, also after it has awaited. */
export function reactingTo<R>(cause: Cause, work: () => R): R {
  return cause === '' ? work() : reaction.run(cause, work);
}

/** What is being reacted to right now: the event that a handler is being told of, or what the work says it reacts to; empty outside of both. */
export function currentCause(): Cause {
  return current === undefined ? (reaction.get() ?? '') : (current.text ??= causeOf(current.type, current.object));
}
