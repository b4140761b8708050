/** The thread that reads large YAML. An entry point of its own: in a bundle it is built to `yaml-worker.js`, see large-yaml.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { decodeYaml } from '../../api/codec/yaml.ts';
import { ApiError } from '../../api/status.ts';
import type { LargeYaml, YamlAnswer } from './large-yaml.ts';

const { bytes, expectedKind } = workerData as LargeYaml;

function answerTo(): YamlAnswer {
  try {
    return { decoded: decodeYaml(bytes, expectedKind === undefined ? {} : { expectedKind }) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { refused: error.toStatus() };
  }
}

parentPort!.postMessage(answerTo());
