/** What explanations are served as. */
export const explanationVersion = 'why.coxswain.dev/v1';

/** An object that an explanation speaks of. */
export interface Named {
  readonly kind: string;
  /** Empty: none. */
  readonly namespace: string;
  readonly name: string;
}

/** What a sentence rests on, so that the reader can look for himself. */
export interface Evidence {
  /** `condition PodScheduled`, `event FailedMount`, `field spec.replicas`, `refused request`, `scheduler`. */
  readonly source: string;
  readonly text: string;
  /** RFC 3339; absent for what has no time. */
  readonly at?: string;
}

/** One thing that is not as it should be, and why. */
export interface Finding {
  /** The rule that found it: `unschedulable`, `image-pull` … */
  readonly cause: string;
  /** A plain sentence. */
  readonly fact: string;
  readonly evidence?: readonly Evidence[];
  /** What to do about it, the best first. */
  readonly remedy?: readonly string[];
  /** The other object that this is about. */
  readonly about?: Named;
  /** What lies behind it. */
  readonly because?: readonly Finding[];
}

/** One write in the chain that led to something. */
export interface Step {
  readonly object: Named;
  readonly revision: number;
  readonly at: string;
  readonly operation: 'created' | 'updated' | 'marked' | 'deleted';
  readonly subresource: string;
  readonly user: string;
  readonly userAgent: string;
  /** `kubectl create`; empty when nobody said. */
  readonly command: string;
}

/** How something came to be: the write itself first, then what it reacted to, back to whoever wanted it. */
export interface Chain {
  readonly steps: readonly Step[];
  /** Why it goes back no further, where it does not end with a user; empty when it does. */
  readonly end: string;
}

/** The answer to why. */
export interface Explanation {
  readonly apiVersion: typeof explanationVersion;
  readonly kind: 'Explanation';
  readonly object: Named;
  /** There is no such object, or not any more. */
  readonly absent?: true;
  /** Its controller, in lists: whoever tells of that need not tell of this. */
  readonly owner?: Named;
  /** One sentence. */
  readonly summary: string;
  readonly well: boolean;
  readonly findings: readonly Finding[];
  readonly history: readonly Chain[];
  /** What could not be found out, and why. */
  readonly notes: readonly string[];
}

/** Everything in a collection that is not well. */
export interface ExplanationList {
  readonly apiVersion: typeof explanationVersion;
  readonly kind: 'ExplanationList';
  readonly items: readonly Explanation[];
  /** How many objects were looked at. */
  readonly looked: number;
  readonly notes: readonly string[];
}
