/** What a shape remembers of the last values of it, the latest first: objects of a few kinds are mostly made in turn. */
const slots = 4;
/** Larger values are not remembered: what is kept is bounded by the number of types. */
const maxRemembered = 64;

/** `size`: how many fields, items or changes the value had. */
export function remember<T>(memos: T[], memo: T, size: number): void {
  if (size > maxRemembered) return;
  if (memos.length < slots) memos.push(memo);
  moveToFront(memos, memos.length - 1);
  memos[0] = memo;
}

/** Says that the memo at `at` was met again, and answers it. */
export function moveToFront<T>(memos: T[], at: number): T {
  const memo = memos[at]!;
  for (let i = at; i > 0; i--) memos[i] = memos[i - 1]!;
  memos[0] = memo;
  return memo;
}
