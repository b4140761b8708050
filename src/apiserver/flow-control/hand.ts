/**
 * Shuffle sharding: every flow is dealt a few of the queues, always the same ones. Two flows rarely share all of theirs,
 * so that one that floods its queues leaves others a way through.
 */

/** 52 bits of a flow's name, well mixed: as many as arithmetic on numbers keeps exact. */
export function hashFlow(schema: string, distinguisher: string): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  const mix = (text: string): void => {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x85ebca6b) + (low >>> 15);
    }
    low = Math.imul(low ^ 0x1ff, 0x01000193);
    high = Math.imul(high ^ 0x1ff, 0x85ebca6b);
  };
  mix(schema);
  mix(distinguisher);
  return finish(high) % 0x100000 * 0x1_0000_0000 + finish(low ^ Math.imul(high, 0xc2b2ae35));
}

function finish(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** `handSize` different cards of `deckSize`; `hash` decides which. */
export function deal(hash: number, deckSize: number, handSize: number): number[] {
  const remainders: number[] = [];
  let rest = hash;
  for (let i = 0; i < handSize; i++) {
    remainders.push(rest % (deckSize - i));
    rest = Math.floor(rest / (deckSize - i));
  }
  return remainders.map((remainder, i) => {
    let card = remainder;
    for (let j = i; j > 0; j--) if (card >= remainders[j - 1]!) card++;
    return card;
  });
}

/** Bits that dealing consumes, at most: more than 60 would deal unevenly, and upstream refuses them. */
export const entropyBits = (deckSize: number, handSize: number): number => Math.ceil(Math.log2(deckSize) * handSize);
