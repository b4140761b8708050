/** Calls `end` when the work is over, however it ends; the answer is the work's. As `finally`, with one promise instead of several. */
export function atEnd<T>(work: Promise<T>, end: () => void): Promise<T> {
  return work.then((answer) => {
    end();
    return answer;
  }, (error: unknown) => {
    end();
    throw error;
  });
}
