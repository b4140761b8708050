import { spawn } from 'node:child_process';
import type { ExecEntry } from '../config/kubeconfig.ts';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { PluginPolicy } from '../preferences/plugin-policy.ts';
import { permittedPlugin } from '../preferences/plugin-policy.ts';
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

/** Without credentials nobody is asked. */
const failure = (message: string, cause?: unknown): KubectlError => new KubectlError(`Unable to connect to the server: getting credentials: ${message}`, { prefixed: true, cause });

function permitted(io: Io, command: string, policy: PluginPolicy): string {
  try {
    return permittedPlugin(io, command, policy);
  } catch (error) {
    throw failure((error as Error).message, error);
  }
}

/** Runs a credential plug-in (client.authentication.k8s.io) and reads what it says. */
export async function execCredentials(exec: ExecEntry, { settings, io }: { readonly settings: ConnectionSettings; readonly io: Io }): Promise<ExecCredentials> {
  const { command = '', apiVersion = '' } = exec;
  if (command === '') throw new KubectlError('Error in configuration: exec: command must be specified to use exec authentication plugin', { prefixed: true });
  if (!versions.has(apiVersion)) throw new KubectlError(`exec plugin: invalid apiVersion ${JSON.stringify(apiVersion)}`);
  const program = settings.pluginPolicy === undefined ? command : permitted(io, command, settings.pluginPolicy);
  const interactive = exec.interactiveMode !== 'Never' && (io.stdin as { readonly isTTY?: boolean }).isTTY === true;
  if (exec.interactiveMode === 'Always' && !interactive) throw failure('exec plugin cannot support interactive mode: standard input is not a terminal');
  const info = {
    apiVersion, kind: 'ExecCredential',
    spec: { interactive, ...(exec.provideClusterInfo === true && { cluster: { server: settings.server, ...(settings.tlsServerName !== undefined && { 'tls-server-name': settings.tlsServerName }), ...(settings.insecure && { 'insecure-skip-tls-verify': true }), ...(settings.ca !== undefined && { 'certificate-authority-data': Buffer.from(settings.ca).toString('base64') }) } }) },
  };
  const output = await new Promise<string>((resolve, reject) => {
    const child = spawn(program, exec.args ?? [], {
      stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
      env: { ...io.environment, ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])), KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      signal: io.signal,
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < maxBytes) text += chunk; });
    child.once('error', (error: NodeJS.ErrnoException) => reject(failure(error.code === 'ENOENT' ? `exec: executable ${command} not found${exec.installHint === undefined ? '' : `\n\n${exec.installHint}`}` : `exec: ${error.message}`, error)));
    child.once('close', (code) => (code === 0 ? resolve(text) : reject(failure(`exec: executable ${command} failed with exit code ${code ?? 'unknown'}`))));
  });
  let status: Partial<Record<'token' | 'clientCertificateData' | 'clientKeyData', string>> | undefined;
  let version: string | undefined;
  try {
    ({ status, apiVersion: version } = JSON.parse(output) as { status?: typeof status; apiVersion?: string });
  } catch (error) {
    throw failure(`decoding stdout: ${(error as Error).message}`, error);
  }
  if (version !== apiVersion) throw failure(`exec plugin is configured to use API version ${apiVersion}, plugin returned version ${version ?? ''}`);
  if (status === undefined) throw failure('exec plugin didn\'t return a status field');
  const { token = '', clientCertificateData = '', clientKeyData = '' } = status;
  if (token === '' && clientCertificateData === '' && clientKeyData === '') throw failure('exec plugin didn\'t return a token or cert/key pair');
  if ((clientCertificateData === '') !== (clientKeyData === '')) throw failure('exec plugin returned only certificate or key, not both');
  return { token: token === '' ? undefined : token, clientCertificate: clientCertificateData === '' ? undefined : clientCertificateData, clientKey: clientKeyData === '' ? undefined : clientKeyData };
}
