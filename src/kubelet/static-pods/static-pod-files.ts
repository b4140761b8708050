/** Where the manifests of static pods lie, and how to hear of their changes. */
export interface StaticPodFiles {
  /** Every manifest, by its path; those that cannot be read are left out. Empty where the place does not exist. */
  read(): Promise<ReadonlyMap<string, string>>;
  /** Calls back after changes, perhaps more often than needed or too seldom: the files are looked at from time to time, too. Returns its undo. */
  watch(onChange: () => void): () => void;
}
