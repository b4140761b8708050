import { formatTime } from '../../base/clock.ts';

let lastSecond = -1;
let lastText = '';

/** A time as metav1.Time has it. Much is written in one second: its text is kept. */
export function timeText(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = formatTime(nowMs);
  }
  return lastText;
}
