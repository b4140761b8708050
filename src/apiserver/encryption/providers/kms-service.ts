/** A key management plugin, as KMS v2 has it (KEP-3299). All calls reject when the plugin cannot be reached or refuses. */
export interface KmsService {
  status(): Promise<{ readonly version: string; readonly healthz: string; readonly keyId: string }>;
  encrypt(uid: string, plaintext: Uint8Array): Promise<{ readonly ciphertext: Uint8Array; readonly keyId: string; readonly annotations: Readonly<Record<string, Uint8Array>> }>;
  decrypt(uid: string, request: { readonly ciphertext: Uint8Array; readonly keyId: string; readonly annotations: Readonly<Record<string, Uint8Array>> }): Promise<Uint8Array>;
  close(): void;
}
