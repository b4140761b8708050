/**
 * Runs `callback` once what is runnable now has run and pending input has been read: the moment to write out, in one
 * piece, what several pieces of input have caused. No time passes, on no clock.
 */
export function nextTurn(callback: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(callback);
  else setTimeout(callback, 0);
}
