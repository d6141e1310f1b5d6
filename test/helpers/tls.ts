import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

const FIXTURES = join(import.meta.dirname, '../fixtures')

/** Signs itself, for `localhost`, `push.test` and all below it, 127.0.0.1 and ::1. Its key opens nothing but tests. */
export const TEST_CERTIFICATE_FILE: string = join(FIXTURES, 'tls-certificate.pem')

export const TEST_TLS: { readonly cert: string; readonly key: string } = {
  cert: readFileSync(TEST_CERTIFICATE_FILE, 'utf8'),
  key: readFileSync(join(FIXTURES, 'tls-key.pem'), 'utf8'),
}

/** Lets this process believe the certificate of the tests, as `NODE_EXTRA_CA_CERTS` does for another. */
export function trustTestCertificate(): void {
  setDefaultCACertificates([...getCACertificates('default'), TEST_TLS.cert])
}
