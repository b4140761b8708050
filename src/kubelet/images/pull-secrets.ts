import type { Secret } from '../../api/types/core/v1.ts';
import type { RegistryAuth } from '../../runtime/runtime.ts';
import type { ImageName } from './image-name.ts';

interface DockerAuth { readonly username?: string; readonly password?: string; readonly auth?: string; readonly identitytoken?: string; readonly registrytoken?: string }

/** The credentials in these secrets that fit the image, the most specific first. Secrets that do not parse are skipped. */
export function credentialsFor(image: ImageName, secrets: readonly Secret[]): RegistryAuth[] {
  const found: { readonly auth: RegistryAuth; readonly specificity: number }[] = [];
  for (const secret of secrets) {
    for (const [server, entry] of Object.entries(authsOf(secret))) {
      const specificity = match(server, image);
      if (specificity >= 0) found.push({ auth: toRegistryAuth(entry), specificity });
    }
  }
  return found.sort((a, b) => b.specificity - a.specificity).map(({ auth }) => auth);
}

function authsOf(secret: Secret): Record<string, DockerAuth> {
  const encoded = secret.data?.['.dockerconfigjson'] ?? secret.data?.['.dockercfg'];
  if (encoded === undefined) return {};
  try {
    const config = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as { auths?: Record<string, DockerAuth> } & Record<string, DockerAuth>;
    return secret.data?.['.dockerconfigjson'] === undefined ? config : (config.auths ?? {});
  } catch {
    return {};
  }
}

/** How many characters of the image's name the entry speaks of; -1 when it is about another registry. */
function match(server: string, image: ImageName): number {
  const [host = '', ...path] = server.replace(/^https?:\/\//, '').replace(/\/v[12]\/?$/, '').split('/');
  const normalized = host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
  const wanted = normalized.split('.');
  const actual = image.registry.split('.');
  const glob = (pattern: string, text: string): boolean => new RegExp(`^${pattern.replace(/[\\^$+?()[\]{}|]/g, '\\$&').replaceAll('*', '[^.]*')}$`).test(text);
  if (wanted.length !== actual.length || !wanted.every((part, index) => glob(part, actual[index]!))) return -1;
  const prefix = path.filter((part) => part !== '').join('/');
  if (prefix !== '' && image.repository !== prefix && !image.repository.startsWith(`${prefix}/`)) return -1;
  return server.length;
}

function toRegistryAuth(entry: DockerAuth): RegistryAuth {
  const [username = '', ...rest] = entry.auth === undefined ? [] : Buffer.from(entry.auth, 'base64').toString('utf8').split(':');
  return {
    username: entry.username ?? username,
    password: entry.password ?? rest.join(':'),
    // As upstream: the entry has been matched already, and containerd takes an address with a port for no address at all.
    serverAddress: '',
    identityToken: entry.identitytoken ?? '',
    registryToken: entry.registrytoken ?? '',
  };
}
