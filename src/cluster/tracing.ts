import { readFile } from 'node:fs/promises';
import { parseTracingConfiguration } from '../apiserver/tracing/configuration.ts';
import type { Tracer } from '../apiserver/tracing/tracer.ts';
import type { Random } from '../base/random.ts';

/** Reads `--tracing-config-file`. Rejects with an Error of one line that names the file and what is wrong in it. */
export async function readTracing(file: string, random: Random): Promise<Tracer> {
  try {
    const [{ parse }, { openTracer }] = await Promise.all([import('yaml'), import('../apiserver/tracing/open-telemetry.ts')]);
    return openTracer({ ...parseTracingConfiguration(parse(await readFile(file, 'utf8'))), instanceId: `apiserver-${random.uuid()}` });
  } catch (error) {
    throw new Error(`--tracing-config-file ${file}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}
