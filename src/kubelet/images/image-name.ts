/** An image reference that does not parse; the message is what the event and the waiting state show. */
export class ImageNameError extends Error {
  constructor(image: string, why: string) {
    super(`Failed to apply default image tag ${JSON.stringify(image)}: couldn't parse image name ${JSON.stringify(image)}: ${why}`);
    this.name = 'ImageNameError';
  }
}

const domain = String.raw`(?:(?:localhost|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(?=:\d))(?::\d+)?|\[[0-9a-fA-F:]+\](?::\d+)?)`;
const component = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const reference = new RegExp(String.raw`^(?:(${domain})/)?(${component}(?:/${component})*)(?::([\w][\w.-]{0,127}))?(?:@([a-zA-Z][\w+.-]*:[0-9a-fA-F]{32,}))?$`);

export interface ImageName {
  /** As the runtime gets it: with a tag or a digest. */
  readonly full: string;
  /** The registry's host, `docker.io` when the name has none. */
  readonly registry: string;
  /** The path in the registry, with `library/` for short names of Docker Hub. */
  readonly repository: string;
}

/** Takes an image's name apart; `:latest` is added to one without tag and digest. Throws ImageNameError. */
export function parseImageName(image: string): ImageName {
  const match = reference.exec(image);
  if (match === null) {
    const lower = reference.test(image.toLowerCase());
    throw new ImageNameError(image, lower ? `invalid reference format: repository name (${image.includes('/') ? image : `library/${image}`}) must be lowercase` : 'invalid reference format');
  }
  const [, registry = 'docker.io', path = '', tag, digest] = match;
  const isHub = registry === 'docker.io' || registry === 'index.docker.io';
  return {
    full: tag === undefined && digest === undefined ? `${image}:latest` : image,
    registry: isHub ? 'docker.io' : registry,
    repository: isHub && !path.includes('/') ? `library/${path}` : path,
  };
}
