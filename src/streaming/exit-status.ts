import type { Status } from '../api/types/meta/v1.ts';

/** What the error channel carries at the end of a command (remotecommand v4 and v5). */
export function exitStatus(result: { readonly exitCode: number } | { readonly error: Error }): Status {
  if ('error' in result) return { metadata: {}, status: 'Failure', message: result.error.message, reason: 'InternalError', code: 500, details: { causes: [{ message: result.error.message }] } };
  if (result.exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${result.exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(result.exitCode) }] },
  };
}

/** The opposite, for the end that receives it. Rejections of the command's start become errors. */
export function parseExitStatus(text: string): { readonly exitCode: number } {
  if (text === '') return { exitCode: 0 };
  let status: Status;
  try {
    status = JSON.parse(text) as Status;
  } catch {
    throw new Error(text);
  }
  if (status.status === 'Success') return { exitCode: 0 };
  const code = status.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (status.reason === 'NonZeroExitCode' && code !== undefined) return { exitCode: Number(code) };
  throw new Error(status.message ?? 'the command failed');
}
