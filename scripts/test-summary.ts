/**
 * A test reporter for people: failures in full, skipped tests with their reasons, and one closing line of counts. For
 * whoever started it, the files in which something failed, one a line, in the file that FAILED_FILES names.
 */
import { writeFileSync } from 'node:fs';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** A line on a test process's standard error that begins so tells, in JSON, of an error that nobody caught. */
export const uncaught = 'nobody caught: ';

export default async function* summary(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped = new Map<string, number>();
  const failedFiles = new Set<string>();
  const counts = new Map<string, number>();
  for await (const event of source) {
    switch (event.type) {
      case 'test:fail': {
        const { name, file, line, details } = event.data;
        // A scenario that fails has its file, and so has the suite around it, which is the one that can be run.
        if (file?.endsWith('.test.ts') === true) failedFiles.add(file);
        const cause: unknown = (details.error as { cause?: unknown }).cause ?? details.error;
        if ((details.error as { failureType?: string }).failureType === 'subtestsFailed') break;
        // A lot whose process failed, and none of its tests.
        if (file?.endsWith('.test.mjs') === true) failedFiles.add(file);
        yield `\nFAILED ${name} (${file ?? '?'}:${line ?? 0})\n${inspect(cause, { depth: 4 })}\n`;
        break;
      }
      case 'test:pass': {
        const { skip } = event.data;
        if (skip !== undefined) {
          const reason = typeof skip === 'string' ? skip : 'no reason given';
          skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
        }
        break;
      }
      case 'test:stderr': {
        const { message } = event.data;
        if (!message.startsWith(uncaught)) break;
        if (event.data.file !== undefined) failedFiles.add(event.data.file);
        yield `\nFAILED ${event.data.file ?? '?'}, ${uncaught}${JSON.parse(message.slice(uncaught.length)) as string}\n`;
        break;
      }
      case 'test:diagnostic': {
        const match = /^(tests|pass|fail|cancelled|skipped) (\d+)$/.exec(event.data.message);
        if (match !== null) counts.set(match[1]!, Number(match[2]));
        break;
      }
      default:
    }
  }
  const list = process.env['FAILED_FILES'];
  if (list !== undefined) writeFileSync(list, [...failedFiles].join('\n'));
  for (const [reason, count] of skipped) yield `\nskipped ${count}: ${reason}`;
  const failed = (counts.get('fail') ?? 0) + (counts.get('cancelled') ?? 0);
  yield `\n${counts.get('pass') ?? 0} passed, ${failed} failed, ${counts.get('skipped') ?? 0} skipped\n`;
}
