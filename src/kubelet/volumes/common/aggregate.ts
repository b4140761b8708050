/** Several messages as Go's aggregated errors print them: one as it is, more in brackets, each once. */
export function aggregate(messages: readonly string[]): string {
  const [first, ...more] = new Set(messages);
  return more.length === 0 ? first ?? '' : `[${[first, ...more].join(', ')}]`;
}
