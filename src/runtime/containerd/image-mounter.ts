/**
 * Mounts the files of images for a runtime that cannot do it by itself (containerd before 2.1 has no image volumes).
 * Mounts are read-only, belong to a pod sandbox, and survive this process. All reject with Error.
 */
export interface ImageMounter {
  /** The path of the image's files, or of a part of them. Idempotent. Rejects when the part leads out of the image. */
  mount(request: { readonly sandboxId: string; readonly imageRef: string; readonly subPath: string }): Promise<string>;
  /** The sandbox is gone: takes away what was mounted for it. Idempotent. */
  release(sandboxId: string): Promise<void>;
}
