import { ApiError } from '../api/status.ts';

/** A mistake that the user is told of in one sentence: printed as `error: …`, unless `prefixed` says that it has its beginning already. */
export class KubectlError extends Error {
  readonly exitCode: number;
  readonly prefixed: boolean;
  /** What is written to the output before it. */
  readonly shown: string;

  constructor(message: string, options: { readonly exitCode?: number; readonly prefixed?: boolean; readonly shown?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KubectlError';
    this.exitCode = options.exitCode ?? 1;
    this.prefixed = options.prefixed ?? false;
    this.shown = options.shown ?? '';
  }
}

/** Ends the program with this code; all has been said. */
export class ExitError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.name = 'ExitError';
    this.exitCode = exitCode;
  }
}

/** The server could not be reached. `refused`: nobody listens there. */
export class ConnectionError extends Error {
  readonly refused: boolean;
  readonly host: string;

  constructor(message: string, options: { readonly refused: boolean; readonly host: string; readonly cause: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'ConnectionError';
    this.refused = options.refused;
    this.host = options.host;
  }
}

/** Several things went wrong, one after another: each is told. */
export class AggregateFailure extends Error {
  readonly errors: readonly Error[];

  constructor(errors: readonly Error[]) {
    super(aggregateMessage(errors));
    this.name = 'AggregateFailure';
    this.errors = errors;
  }
}

/** As upstream's aggregates read: one message as it is, several in brackets, none twice. */
function aggregateMessage(errors: readonly Error[]): string {
  const messages = [...new Set(errors.map(({ message }) => message))];
  return messages.length === 1 ? messages[0]! : `[${messages.join(', ')}]`;
}

/** Throws what went wrong, as itself when it is one thing. */
export function throwAll(errors: readonly Error[]): void {
  if (errors.length === 0) return;
  throw errors.length === 1 ? errors[0]! : new AggregateFailure(errors);
}

function standardMessage(error: Error): string | undefined {
  if (error instanceof ApiError) {
    const reason = error.reason === '' ? error.otherReason ?? '' : error.reason;
    if (reason === 'Unauthorized') return `error: You must be logged in to the server (${error.message})`;
    return reason === '' ? `Error from server: ${error.message}` : `Error from server (${reason}): ${error.message}`;
  }
  if (error instanceof ConnectionError) return error.refused ? `The connection to the server ${error.host} was refused - did you specify the right host or port?` : `Unable to connect to the server: ${error.message}`;
  return undefined;
}

function invalidMessage({ details, message }: ApiError): string {
  if (details === undefined) return `The request is invalid${message === '' ? '' : `: ${message}`}`;
  const { kind = '', name = '', causes = [] } = details;
  const subject = kind !== '' || name !== '' ? `The ${kind} ${JSON.stringify(name)} is invalid` : `The request is invalid${message !== '' && causes.length === 0 ? `: ${message}` : ''}`;
  if (causes.length === 0) return subject;
  const lines = [...new Set(causes.map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`))];
  return lines.length === 1 ? `${subject}: ${lines[0]}` : `${subject}: \n${lines.map((line) => `* ${line}`).join('\n')}`;
}

/** What the user reads of an error, without the newline at its end; empty when nothing is left to say. As upstream's `CheckErr`. */
export function explain(error: Error): string {
  if (error instanceof ExitError) return '';
  if (error instanceof ApiError && error.reason === 'Invalid') return invalidMessage(error);
  if (error instanceof AggregateFailure) return error.errors.map((one) => standardMessage(one) ?? one.message).join('\n');
  return standardMessage(error) ?? (error.message.startsWith('error: ') || (error instanceof KubectlError && error.prefixed) ? error.message : `error: ${error.message}`);
}

/** What the program ends with. */
export function exitCodeOf(error: Error): number {
  return error instanceof ExitError || error instanceof KubectlError ? error.exitCode : 1;
}
