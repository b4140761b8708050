import { test } from 'node:test';
import type { KubeObject } from '../../../src/api/meta/object.ts';
import { configmaps, pods, secrets } from '../../../src/api/resources.ts';
import type { KeyToPath, Volume } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { agnhost, podOf } from '../pods/real-cluster.ts';
import { expectOutput, inLoop, mountTestPod, untilSaid } from './mount-test.ts';

interface Options { readonly items?: KeyToPath[]; readonly defaultMode?: number; readonly optional?: boolean }

/** Config maps and secrets as volumes, by themselves and projected: the same tests under four names. */
interface Kind {
  readonly title: string;
  readonly secret: boolean;
  readonly id: string;
  volume(name: string, options?: Options): Omit<Volume, 'name'>;
}

const kinds: readonly Kind[] = [
  { title: 'ConfigMap', secret: false, id: 'cm', volume: (name, options) => ({ configMap: { name, ...options } }) },
  { title: 'Projected configMap', secret: false, id: 'pcm', volume: (name, { defaultMode, ...rest } = {}) => ({ projected: { ...(defaultMode !== undefined && { defaultMode }), sources: [{ configMap: { name, ...rest } }] } }) },
  { title: 'Secrets', secret: true, id: 'sec', volume: (secretName, options) => ({ secret: { secretName, ...options } }) },
  { title: 'Projected secret', secret: true, id: 'psec', volume: (name, { defaultMode, ...rest } = {}) => ({ projected: { ...(defaultMode !== undefined && { defaultMode }), sources: [{ secret: { name, ...rest } }] } }) },
];

const suffix = '[NodeConformance] [Conformance]';
const path = '/etc/object-volume';
const modeText = (mode: number): string => `-${[6, 3, 0].map((shift) => ['r', 'w', 'x'].map((letter, bit) => (((mode >> shift) >> (2 - bit)) & 1 ? letter : '-')).join('')).join('')}`;

/** Config maps and secrets as files. */
export function objectScenarios(cluster: () => RealCluster): void {
  for (const kind of kinds) {
    consumable(cluster, kind);
    optionalUpdates(cluster, kind);
    if (!kind.secret) updates(cluster, kind);
  }
  binaryData(cluster);
  combined(cluster);
}

function objectOf(kind: Kind, name: string, data: Readonly<Record<string, string>>, namespace = 'default'): KubeObject {
  const encoded = kind.secret ? Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])) : data;
  return { apiVersion: 'v1', kind: kind.secret ? 'Secret' : 'ConfigMap', metadata: { name, namespace }, data: encoded } as KubeObject;
}

const typeOf = (kind: Kind): typeof configmaps => (kind.secret ? secrets as unknown as typeof configmaps : configmaps);

async function make(cluster: RealCluster, kind: Kind, name: string, data: Readonly<Record<string, string>> = { 'data-1': 'value-1\n', 'data-2': 'value-2\n', 'data-3': 'value-3\n' }, namespace = 'default'): Promise<void> {
  await cluster.client.create(typeOf(kind), objectOf(kind, name, data, namespace));
}

/** What a pod sees of the object: its content, its mode, as whoever runs it. */
function consumable(cluster: () => RealCluster, kind: Kind): void {
  const { id, secret, title } = kind;
  const look = async (name: string, { options = {}, mode, file = 'data-1', value = 'value-1', user, group }: { options?: Options; mode?: number; file?: string; value?: string; user?: number; group?: number }): Promise<void> => {
    await expectOutput(cluster(), mountTestPod({
      name, source: kind.volume(name, options), path, ask: [['file_content', `${path}/${file}`], ['file_mode', `${path}/${file}`]],
      spec: { securityContext: { ...(user !== undefined && { runAsUser: user }), ...(group !== undefined && { fsGroup: group }) } },
    }), [`content of file "${path}/${file}": ${value}`, `mode of file "${path}/${file}": ${modeText(mode ?? 0o644)}`]);
  };
  const scenario = (what: string, name: string, options: Parameters<typeof look>[1]): void => {
    test(`[sig-storage] ${title} should be consumable from pods in volume${what} ${suffix}`, async () => {
      await make(cluster(), kind, `${id}-${name}`);
      await look(`${id}-${name}`, options);
    });
  };
  const items = (mode?: number): KeyToPath[] => [{ key: 'data-2', path: 'path/to/data-2', ...(mode !== undefined && { mode }) }];
  const mapped = { file: 'path/to/data-2', value: 'value-2' };
  scenario('', 'plain', {});
  scenario(' with defaultMode set [LinuxOnly]', 'mode', { options: { defaultMode: 0o400 }, mode: 0o400 });
  scenario(' with mappings', 'mapped', { options: { items: items() }, ...mapped });
  scenario(` with mappings and Item ${secret ? 'Mode' : 'mode'} set [LinuxOnly]`, 'item-mode', { options: { items: items(0o400) }, mode: 0o400, ...mapped });
  if (secret) scenario(' as non-root with defaultMode and fsGroup set [LinuxOnly]', 'group', { options: { defaultMode: 0o440 }, mode: 0o440, user: 1000, group: 1001 });
  else {
    scenario(' as non-root', 'user', { user: 1000 });
    scenario(' with mappings as non-root', 'mapped-user', { options: { items: items() }, user: 1000, ...mapped });
  }

  test(`[sig-storage] ${title} should be consumable in multiple volumes in ${secret ? 'a' : 'the same'} pod ${suffix}`, async () => {
    const name = `${id}-twice`;
    await make(cluster(), kind, name);
    await expectOutput(cluster(), mountTestPod({
      name, source: {}, path, ask: [['file_content', `${path}/data-1`], ['file_content', `${path}-2/data-1`]],
      container: { volumeMounts: [{ name: 'volume', mountPath: path, readOnly: true }, { name: 'volume-2', mountPath: `${path}-2`, readOnly: true }] },
      spec: { volumes: [{ name: 'volume', ...kind.volume(name) }, { name: 'volume-2', ...kind.volume(name) }] },
    }), [`content of file "${path}/data-1": value-1`, `content of file "${path}-2/data-1": value-1`]);
  });

  if (kind.title === 'Secrets') {
    test(`[sig-storage] Secrets should be able to mount in a volume regardless of a different secret existing with same name in different namespace ${suffix}`, async () => {
      const namespace = await cluster().namespace('secret-namespace');
      await make(cluster(), kind, 'sec-namesake', { this_should_not_match_content_of_other_secret: 'similarly\n' }, namespace);
      await make(cluster(), kind, 'sec-namesake');
      await look('sec-namesake', {});
    });
  }
}

/** One object goes, one changes and one comes while a pod looks. */
function optionalUpdates(cluster: () => RealCluster, kind: Kind): void {
  test(`[sig-storage] ${kind.title} optional updates should be reflected in volume ${suffix}`, async () => {
    const { client } = cluster();
    const name = `${kind.id}-optional`;
    const type = typeOf(kind);
    const parts = ['delete', 'update', 'create'] as const;
    await Promise.all(['delete', 'update'].map((part) => make(cluster(), kind, `${name}-${part}`, { 'data-1': 'value-1' })));
    await client.create(pods, podOf(name, {}, {
      restartPolicy: 'Never',
      containers: parts.map((part) => ({
        name: part, image: agnhost, args: ['mounttest', ...inLoop(`${path}/${part}/data-${part === 'update' ? 3 : 1}`).map(([what, of]) => `--${what}=${of}`)],
        volumeMounts: [{ name: part, mountPath: `${path}/${part}`, readOnly: true }],
      })),
      volumes: parts.map((part) => ({ name: part, ...kind.volume(`${name}-${part}`, { optional: true }) })),
    }));
    await untilSaid(cluster(), name, 'create', `Error reading file ${path}/create/data-1`);
    await untilSaid(cluster(), name, 'update', `Error reading file ${path}/update/data-3`);
    await untilSaid(cluster(), name, 'delete', 'value-1');
    await client.delete(type, { namespace: 'default', name: `${name}-delete` });
    await client.update(type, objectOf(kind, `${name}-update`, { 'data-3': 'value-3' }));
    await make(cluster(), kind, `${name}-create`, { 'data-1': 'value-1' });
    await untilSaid(cluster(), name, 'create', 'value-1');
    await untilSaid(cluster(), name, 'update', 'value-3');
    await untilSaid(cluster(), name, 'delete', `Error reading file ${path}/delete/data-1`);
    await client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds: 0 });
  });
}

function updates(cluster: () => RealCluster, kind: Kind): void {
  test(`[sig-storage] ${kind.title} updates should be reflected in volume ${suffix}`, async () => {
    const { client } = cluster();
    const name = `${kind.id}-updated`;
    await make(cluster(), kind, name, { 'data-1': 'value-1' });
    await client.create(pods, mountTestPod({ name, source: kind.volume(name), path, ask: inLoop(`${path}/data-1`) }));
    await untilSaid(cluster(), name, 'client-container', 'value-1');
    await client.update(configmaps, objectOf(kind, name, { 'data-1': 'value-2' }));
    await untilSaid(cluster(), name, 'client-container', 'value-2');
    await client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds: 0 });
  });
}

function binaryData(cluster: () => RealCluster): void {
  test(`[sig-storage] ConfigMap binary data should be reflected in volume ${suffix}`, async () => {
    const { client } = cluster();
    const name = 'cm-binary';
    await client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { 'data-1': 'value-1' }, binaryData: { 'dump.bin': Buffer.from([0xde, 0xca, 0xfe, 0xba, 0xd0, 0xfe, 0xff]).toString('base64') } });
    const volumeMounts = [{ name: 'volume', mountPath: path, readOnly: true }];
    await client.create(pods, podOf(name, {}, {
      restartPolicy: 'Never',
      containers: [
        { name: 'text', image: agnhost, args: ['mounttest', `--file_content_in_loop=${path}/data-1`], volumeMounts },
        { name: 'binary', image: 'busybox:1.36', command: ['hexdump', '-C', `${path}/dump.bin`], volumeMounts },
      ],
      volumes: [{ name: 'volume', configMap: { name } }],
    }));
    await untilSaid(cluster(), name, 'text', 'value-1');
    await untilSaid(cluster(), name, 'binary', 'de ca fe ba d0 fe ff');
  });
}

function combined(cluster: () => RealCluster): void {
  test(`[sig-storage] Projected combined should project all components that make up the projection API [Projection] ${suffix}`, async () => {
    const name = 'projected-all';
    await make(cluster(), kinds[0]!, name, { 'configmap-data': 'configmap-value-1' });
    await make(cluster(), kinds[2]!, name, { 'secret-data': 'secret-value-1' });
    await expectOutput(cluster(), podOf(name, { command: ['sh', '-c', 'cat /all/podname && cat /all/secret-data && cat /all/configmap-data'], volumeMounts: [{ name: 'podinfo', mountPath: '/all' }] }, {
      restartPolicy: 'Never',
      volumes: [{ name: 'podinfo', projected: { sources: [{ downwardAPI: { items: [{ path: 'podname', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } }] } }, { secret: { name } }, { configMap: { name } }] } }],
    }), [name, 'secret-value-1', 'configmap-value-1']);
  });
}
