import { nextTurn } from './next-turn.ts';
import { outside } from './outside-work.ts';

/** Long work that can stop now and then: each yield is a place where others may come first. */
export type Pieces<T> = Generator<undefined, T, undefined>;

/** Lets what waits run first. */
export type GiveWay = () => Promise<void>;

/** Until the event loop has come round. No time passes, on no clock. */
export const giveWay: GiveWay = () => outside(new Promise((resolve) => nextTurn(resolve)));

/** Does all of it now. */
export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** Does a piece a turn. What is done with the first piece is answered at once, without a promise. */
export function inTurns<T>(work: Pieces<T>, way: GiveWay = giveWay): T | Promise<T> {
  const { done, value } = work.next();
  return done === true ? value : goOn(work, way);
}

async function goOn<T>(work: Pieces<T>, way: GiveWay): Promise<T> {
  for (;;) {
    await way();
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
