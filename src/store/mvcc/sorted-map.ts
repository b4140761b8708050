/** Most keys in a leaf, and children in a branch. */
const width = 64;

interface Leaf<V> {
  readonly kind: 'leaf';
  /** Who may change this node in place; anybody else copies it first. */
  readonly owner: object;
  readonly keys: string[];
  readonly values: V[];
  weight: number;
}

interface Branch<V> {
  readonly kind: 'branch';
  readonly owner: object;
  /** keys[i] is at most the smallest key under children[i] and greater than every key under children[i - 1]. */
  readonly keys: string[];
  readonly children: Node<V>[];
  weight: number;
}

type Node<V> = Leaf<V> | Branch<V>;

/** First index whose key is not smaller than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child under which `key` belongs. */
function childOf(keys: readonly string[], key: string): number {
  let low = 1;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * A map from string to V in native string order: a B+ tree that counts weights (so that "how many below this key" takes
 * O(log n)) and whose `fork` is O(1): nodes are shared until one side changes them.
 */
export class SortedMap<V> {
  readonly #weigh: (value: V) => number;
  #owner: object = {};
  #root: Node<V>;
  /** What the insertion that is under way has found in its place. */
  #replaced: V | undefined;

  /** `weigh`: what a value counts in `weightBetween`; must not change while the value is in the map. */
  constructor(weigh: (value: V) => number) {
    this.#weigh = weigh;
    this.#root = { kind: 'leaf', owner: this.#owner, keys: [], values: [], weight: 0 };
  }

  get(key: string): V | undefined {
    let node = this.#root;
    while (node.kind === 'branch') node = node.children[childOf(node.keys, key)]!;
    const at = lowerBound(node.keys, key);
    return node.keys[at] === key ? node.values[at] : undefined;
  }

  /** Inserts or replaces. Returns what was there. */
  set(key: string, value: V): V | undefined {
    this.#root = this.#own(this.#root);
    this.#replaced = undefined;
    const split = this.#insert(this.#root, key, value);
    const replaced = this.#replaced;
    this.#replaced = undefined;
    if (split === undefined) return replaced;
    const left = this.#root;
    this.#root = {
      kind: 'branch',
      owner: this.#owner,
      keys: ['', split.keys[0]!],
      children: [left, split],
      weight: left.weight + split.weight,
    };
    return replaced;
  }

  /** Does nothing when the key is not there. */
  delete(key: string): void {
    if (this.get(key) === undefined) return;
    this.#root = this.#own(this.#root);
    this.#remove(this.#root, key);
    while (this.#root.kind === 'branch' && this.#root.children.length === 1) this.#root = this.#root.children[0]!;
  }

  /** Visits values in order from the first key that is `>= from`, until `visit` returns false. Do not change the map meanwhile. */
  scan(from: string, visit: (key: string, value: V) => boolean): void {
    this.#scan(this.#root, from, visit);
  }

  /** Sum of weights of keys `>= from` and `< to` (to the end when undefined). */
  weightBetween(from: string, to: string | undefined): number {
    return (to === undefined ? this.#root.weight : this.#weightBelow(to)) - this.#weightBelow(from);
  }

  /** An independent copy that shares all that neither side has changed since. */
  fork(): SortedMap<V> {
    const copy = new SortedMap<V>(this.#weigh);
    copy.#root = this.#root;
    this.#owner = {};
    return copy;
  }

  #own(node: Node<V>): Node<V> {
    if (node.owner === this.#owner) return node;
    return node.kind === 'leaf'
      ? { kind: 'leaf', owner: this.#owner, keys: node.keys.slice(), values: node.values.slice(), weight: node.weight }
      : { kind: 'branch', owner: this.#owner, keys: node.keys.slice(), children: node.children.slice(), weight: node.weight };
  }

  /** Returns the new right sibling when the node had to be split. The node is owned. */
  #insert(node: Node<V>, key: string, value: V): Node<V> | undefined {
    if (node.kind === 'leaf') {
      const at = lowerBound(node.keys, key);
      node.weight += this.#weigh(value);
      if (node.keys[at] === key) {
        this.#replaced = node.values[at]!;
        node.weight -= this.#weigh(this.#replaced);
        node.values[at] = value;
        return undefined;
      }
      node.keys.splice(at, 0, key);
      node.values.splice(at, 0, value);
      return node.keys.length > width ? this.#splitLeaf(node, at) : undefined;
    }
    const at = childOf(node.keys, key);
    const child = this.#own(node.children[at]!);
    node.children[at] = child;
    const before = child.weight;
    const split = this.#insert(child, key, value);
    node.weight += child.weight - before;
    if (split === undefined) return undefined;
    node.weight += split.weight;
    node.keys.splice(at + 1, 0, split.keys[0]!);
    node.children.splice(at + 1, 0, split);
    return node.children.length > width ? this.#splitBranch(node) : undefined;
  }

  /** Ascending inserts (the usual load) leave full leaves behind instead of half-full ones. */
  #splitLeaf(leaf: Leaf<V>, insertedAt: number): Leaf<V> {
    const at = insertedAt === width ? width - 4 : width >> 1;
    const right: Leaf<V> = { kind: 'leaf', owner: this.#owner, keys: leaf.keys.splice(at), values: leaf.values.splice(at), weight: 0 };
    for (const value of right.values) right.weight += this.#weigh(value);
    leaf.weight -= right.weight;
    return right;
  }

  #splitBranch(branch: Branch<V>): Branch<V> {
    const at = width >> 1;
    const right: Branch<V> = { kind: 'branch', owner: this.#owner, keys: branch.keys.splice(at), children: branch.children.splice(at), weight: 0 };
    for (const child of right.children) right.weight += child.weight;
    branch.weight -= right.weight;
    return right;
  }

  #remove(node: Node<V>, key: string): void {
    if (node.kind === 'leaf') {
      const at = lowerBound(node.keys, key);
      node.weight -= this.#weigh(node.values[at]!);
      node.keys.splice(at, 1);
      node.values.splice(at, 1);
      return;
    }
    const at = childOf(node.keys, key);
    const child = this.#own(node.children[at]!);
    node.children[at] = child;
    const before = child.weight;
    this.#remove(child, key);
    node.weight += child.weight - before;
    this.#mergeAround(node, at);
  }

  /** Joins a child that has become small with a neighbour, when both fit well into one node. */
  #mergeAround(node: Branch<V>, at: number): void {
    if (node.children.length < 2) return;
    const leftAt = at === 0 ? 0 : at - 1;
    const left = node.children[leftAt]!;
    const right = node.children[leftAt + 1]!;
    if (left.keys.length + right.keys.length > width >> 1) return;
    const joined = this.#own(left);
    // The lower bound that the parent knows holds for every key below; the node's own first one may be '' by then.
    const bound = node.keys[leftAt + 1]!;
    if (joined.kind === 'leaf' && right.kind === 'leaf') {
      joined.keys.push(...right.keys);
      joined.values.push(...right.values);
    } else if (joined.kind === 'branch' && right.kind === 'branch') {
      joined.keys.push(bound, ...right.keys.slice(1));
      joined.children.push(...right.children);
    }
    joined.weight += right.weight;
    node.children[leftAt] = joined;
    node.keys.splice(leftAt + 1, 1);
    node.children.splice(leftAt + 1, 1);
  }

  #scan(node: Node<V>, from: string, visit: (key: string, value: V) => boolean): boolean {
    if (node.kind === 'leaf') {
      for (let i = lowerBound(node.keys, from); i < node.keys.length; i++) {
        if (!visit(node.keys[i]!, node.values[i]!)) return false;
      }
      return true;
    }
    for (let i = childOf(node.keys, from); i < node.children.length; i++) {
      if (!this.#scan(node.children[i]!, from, visit)) return false;
    }
    return true;
  }

  #weightBelow(key: string): number {
    let below = 0;
    let node = this.#root;
    while (node.kind === 'branch') {
      const at = childOf(node.keys, key);
      for (let i = 0; i < at; i++) below += node.children[i]!.weight;
      node = node.children[at]!;
    }
    const end = lowerBound(node.keys, key);
    for (let i = 0; i < end; i++) below += this.#weigh(node.values[i]!);
    return below;
  }
}
