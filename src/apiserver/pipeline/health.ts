import type { HealthCheck } from '../health-check.ts';
import type { HealthResults } from '../../base/health-results.ts';
import type { PathHandler } from '../options.ts';
import type { ApiResponse, RequestContext } from '../request.ts';

const text = (code: number, body: string): ApiResponse => ({ kind: 'raw', code, contentType: 'text/plain; charset=utf-8', body, headers: { 'x-content-type-options': 'nosniff' } });

async function failureOf({ check }: HealthCheck): Promise<boolean> {
  try {
    await check();
    return false;
  } catch {
    return true;
  }
}

async function report(endpoint: string, checks: readonly HealthCheck[], results: HealthResults, context: RequestContext): Promise<ApiResponse> {
  const excluded = new Set(context.query.getAll('exclude'));
  const lines: string[] = [];
  let failed = false;
  for (const check of checks) {
    if (excluded.delete(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const fails = await failureOf(check);
    results.observe(check.name, endpoint, !fails);
    failed ||= fails;
    lines.push(fails ? `[-]${check.name} failed: reason withheld` : `[+]${check.name} ok`);
  }
  if (excluded.size > 0) lines.push(`warn: some health checks cannot be excluded: no matches for ${[...excluded].map((name) => JSON.stringify(name)).join(',')}`);
  if (failed) return text(500, `${lines.join('\n')}\n${endpoint} check failed\n`);
  return text(200, context.query.has('verbose') ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok');
}

/** `/healthz`, `/livez` or `/readyz` with a path for each check under it, as upstream serves them. */
export function healthPaths(endpoint: 'healthz' | 'livez' | 'readyz', checks: readonly HealthCheck[], results: HealthResults): PathHandler[] {
  return [
    { path: `/${endpoint}`, handle: (context) => report(endpoint, checks, results, context) },
    ...checks.map((check): PathHandler => ({
      path: `/${endpoint}/${check.name}`,
      handle: async () => ((await failureOf(check)) ? text(500, `internal server error: ${check.name} failed: reason withheld\n`) : text(200, 'ok')),
    })),
  ];
}
