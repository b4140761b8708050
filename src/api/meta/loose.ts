/**
 * An object as a client may have sent it: the generated types call fields required that the API requires, but before
 * validation any of them can be missing. Rules that run before or during validation read objects through this type.
 */
export type Loose<T> = unknown extends T
  ? T
  : T extends readonly (infer Item)[]
    ? Loose<Item>[]
    : T extends object
      ? string extends keyof T
        ? { [Key in keyof T]: Loose<T[Key]> }
        : { [Key in keyof T]?: Loose<T[Key]> | undefined }
      : T;
