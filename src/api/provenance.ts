/** Who wrote an object, and what the write reacted to: kept outside of the object, for explanations (docs/why.md). */
export interface WriteRecord {
  /** The revision that the write made, or, of a deletion, the one that removed the object. */
  readonly revision: number;
  readonly uid: string;
  /** `marked`: its deletion was asked for, and it waits for finalizers or for its time. */
  readonly operation: 'created' | 'updated' | 'marked' | 'deleted';
  readonly user: string;
  /** The user agent as it was sent, cut. */
  readonly agent: string;
  /** Of kubectl, what was called: `kubectl create`. Empty when nobody says. */
  readonly command: string;
  /** Empty: the object itself. */
  readonly subresource: string;
  /** What it reacted to, in the words of client/cause.ts; empty when nobody says. */
  readonly cause: string;
  readonly atMs: number;
}

/** A write that was refused. */
export interface RefusalRecord {
  readonly user: string;
  readonly agent: string;
  readonly command: string;
  readonly cause: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  /** Empty where the name had not been made yet. */
  readonly name: string;
  /** The controller of what was to be written. */
  readonly owner: { readonly kind: string; readonly name: string; readonly uid: string } | undefined;
  readonly code: number;
  readonly reason: string;
  /** Cut. */
  readonly message: string;
  readonly firstMs: number;
  lastMs: number;
  /** How often the same was refused for the same reason. */
  count: number;
}

/** What is remembered of writes. */
export interface Provenance {
  /** Nothing is known of writes before this time. */
  readonly sinceMs: number;
  /** Of an object by `deployments.apps/default/web`, `nodes/node-1`, oldest first; also of one that is gone. */
  writesOf(key: string): readonly WriteRecord[];
  /** Refused writes of an object, or, by the uid of their controller, of what belongs to it. Latest last. */
  refusalsOf(key: string, uid: string | undefined): readonly RefusalRecord[];
}
