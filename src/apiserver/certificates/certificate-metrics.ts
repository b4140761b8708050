import { pemBlocks } from '../../api/x509/pem.ts';
import { parseCertificate, tryParse } from '../../api/x509/x509.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates/v1.ts';
import { counterVector, countersFamily } from '../../base/metric-vector.ts';
import type { Gauge } from '../../base/metrics.ts';

/** Signers date certificates back by as much. */
const backdatingMs = 5 * 60_000;

/** How often signers gave certificates the duration that was asked for, under upstream's names. */
export class CertificateMetrics {
  readonly #requested = counterVector('signerName');
  readonly #honored = counterVector('signerName');

  /** A request's status was written. */
  statusWritten(request: CertificateSigningRequest, old: CertificateSigningRequest): void {
    const { expirationSeconds, signerName } = old.spec;
    const issued = request.status?.certificate ?? '';
    if (expirationSeconds === undefined || issued === '' || (old.status?.certificate ?? '') !== '') return;
    // Others may call themselves whatever they like.
    const signer = signerName.startsWith('kubernetes.io/') ? signerName : 'other';
    this.#requested.with(signer).value += 1;
    const block = pemBlocks(atob(issued)).find(({ type }) => type === 'CERTIFICATE');
    const read = block === undefined ? undefined : tryParse(parseCertificate, block.bytes);
    if (read === undefined || 'error' in read) return;
    const wantedMs = expirationSeconds * 1000;
    if (Math.abs(wantedMs - (read.value.notAfterMs - read.value.notBeforeMs)) < backdatingMs + wantedMs / 20) this.#honored.with(signer).value += 1;
  }

  get families(): readonly Gauge[] {
    const counters = (name: string, help: string, of: Parameters<typeof countersFamily>[2]): Gauge => countersFamily(`apiserver_certificates_registry_csr_${name}_duration_total`, help, of);
    return [
      counters('honored', '[ALPHA] Certificates that were given the duration that was asked for, by signer.', this.#honored),
      counters('requested', '[ALPHA] Certificates that were issued to requests for a duration, by signer.', this.#requested),
    ];
  }
}
