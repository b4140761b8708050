/**
 * Regenerates everything under `src/api` that is made from upstream's v1.36 documents.
 *
 * Usage: npm run generate [-- PATH-TO-DATA], by default ../shared/data beside the repository.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateSchema } from './schema.ts';

const data = resolve(process.argv[2] ?? join(import.meta.dirname, '../../../shared/data'));
const folder = join(data, 'kubernetes-1.36');
if (!existsSync(join(folder, 'swagger.json'))) {
  console.log(`nothing generated: ${folder}/swagger.json is not there; give the folder that holds kubernetes-1.36/swagger.json and protobuf.json`);
} else {
  execFileSync(process.execPath, [join(import.meta.dirname, 'types.ts'), join(folder, 'swagger.json')], { stdio: 'inherit' });
  console.log(generateSchema(folder, join(data, 'kubernetes-1.20')));
}
