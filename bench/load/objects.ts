import type { Program } from '../program.ts';
import { token } from '../program.ts';
import { call } from './call.ts';

/** About 250 bytes as sent, 400 as stored. */
export const configMapBody = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%NAME%"},"data":{"k":"${'v'.repeat(100)}"}}`;

/** A pod for a node that does not exist, so that nothing happens to it. */
export const podBody = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: 'p-', labels: { app: 'web', tier: 'frontend' } },
  spec: {
    containers: [{ name: 'c', image: 'nginx:1.14.2', ports: [{ containerPort: 80 }], resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
    nodeName: 'n1',
    automountServiceAccountToken: false,
  },
});

export const configMapsPath = '/api/v1/namespaces/default/configmaps';
export const podsPath = '/api/v1/namespaces/default/pods';

/** Without controllers nobody makes the service account that pods are admitted with. */
export async function ensureServiceAccount({ url }: Program): Promise<void> {
  const { code, body } = await call(url, token, 'POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
  if (code !== 201 && code !== 409) throw new Error(`creating the service account: ${code} ${body}`);
}
