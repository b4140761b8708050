type Json = Record<string, unknown>;
const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Calls `change` for each place that a path (`spec/template/spec/containers[]/image`) leads to. `create`: maps on the way are made. */
export function atPath(value: unknown, path: string, change: (holder: Json, key: string) => void, { create = false }: { readonly create?: boolean } = {}): void {
  const [step = '', ...rest] = path.split('/');
  const list = step.endsWith('[]');
  const key = list ? step.slice(0, -2) : step;
  if (!isMap(value)) return;
  if (rest.length === 0) {
    if (create || Object.hasOwn(value, key)) change(value, key);
    return;
  }
  if (list) {
    if (Array.isArray(value[key])) for (const item of value[key] as unknown[]) atPath(item, rest.join('/'), change, { create });
    return;
  }
  if (value[key] === undefined || value[key] === null) {
    if (!create) return;
    value[key] = {};
  }
  atPath(value[key], rest.join('/'), change, { create });
}

const podSpecs: Readonly<Record<string, string>> = { Pod: '', ReplicationController: 'spec/template/', Deployment: 'spec/template/', ReplicaSet: 'spec/template/', DaemonSet: 'spec/template/', StatefulSet: 'spec/template/', Job: 'spec/template/', CronJob: 'spec/jobTemplate/spec/template/' };

/** Where a kind's pod template is: `''` for a pod itself, undefined for a kind without one. */
export const templateOf = (kind: string): string | undefined => podSpecs[kind];
