import { spawn } from 'node:child_process';
import type { ExecEntry } from '../config/kubeconfig.ts';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { ConnectionSettings } from './settings.ts';

/** What a plug-in yields. */
export interface ExecCredentials {
  readonly token: string | undefined;
  readonly clientCertificate: string | undefined;
  readonly clientKey: string | undefined;
}

const versions = new Set(['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']);
/** A plug-in's answer is small. */
const maxBytes = 1024 * 1024;

/** Runs a credential plug-in (client.authentication.k8s.io) and reads what it says. */
export async function execCredentials(exec: ExecEntry, { settings, io }: { readonly settings: ConnectionSettings; readonly io: Io }): Promise<ExecCredentials> {
  const { command = '', apiVersion = '' } = exec;
  if (command === '') throw new KubectlError('Error in configuration: exec: command must be specified to use exec authentication plugin', { prefixed: true });
  if (!versions.has(apiVersion)) throw new KubectlError(`exec plugin: invalid apiVersion ${JSON.stringify(apiVersion)}`);
  const interactive = exec.interactiveMode !== 'Never' && (io.stdin as { readonly isTTY?: boolean }).isTTY === true;
  if (exec.interactiveMode === 'Always' && !interactive) throw new KubectlError('exec plugin cannot support interactive mode: standard input is not a terminal');
  const info = {
    apiVersion, kind: 'ExecCredential',
    spec: { interactive, ...(exec.provideClusterInfo === true && { cluster: { server: settings.server, ...(settings.tlsServerName !== undefined && { 'tls-server-name': settings.tlsServerName }), ...(settings.insecure && { 'insecure-skip-tls-verify': true }), ...(settings.ca !== undefined && { 'certificate-authority-data': Buffer.from(settings.ca).toString('base64') }) } }) },
  };
  const output = await new Promise<string>((resolve, reject) => {
    const child = spawn(command, exec.args ?? [], {
      stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
      env: { ...io.environment, ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])), KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      signal: io.signal,
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < maxBytes) text += chunk; });
    child.once('error', (error: NodeJS.ErrnoException) => reject(new KubectlError(error.code === 'ENOENT' ? `getting credentials: exec: executable ${command} not found${exec.installHint === undefined ? '' : `\n\n${exec.installHint}`}` : `getting credentials: exec: ${error.message}`, { cause: error })));
    child.once('close', (code) => (code === 0 ? resolve(text) : reject(new KubectlError(`getting credentials: exec: executable ${command} failed with exit code ${code ?? 'unknown'}`))));
  });
  let status: { token?: string; clientCertificateData?: string; clientKeyData?: string } | undefined;
  try {
    ({ status } = JSON.parse(output) as { status?: typeof status });
  } catch (error) {
    throw new KubectlError(`getting credentials: decoding stdout: ${(error as Error).message}`, { cause: error });
  }
  if (status === undefined) throw new KubectlError('getting credentials: exec plugin didn\'t return a status field');
  if (status.token === undefined && status.clientCertificateData === undefined) throw new KubectlError('getting credentials: exec plugin didn\'t return a token or cert/key pair');
  return { token: status.token, clientCertificate: status.clientCertificateData, clientKey: status.clientKeyData };
}
