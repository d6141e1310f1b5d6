import { Fault } from '../lib/fault.ts'
import { MESSAGES } from './fault-messages.ts'

/** What the SDK throws: a reply of the storage, or an error on the way to it. */
interface S3Error {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** A full bucket, in the words of Ceph, MinIO and others. */
const FULL = new Set(['QuotaExceeded', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded', 'InsufficientStorage'])

/** Anything that a request to the storage throws, as a Fault. */
export function s3Fault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const { name = '', $metadata } = error as S3Error
  if (FULL.has(name) || $metadata?.httpStatusCode === 507) {
    return new Fault('no-space', MESSAGES.storageFull, {}, { cause: error })
  }
  return new Fault('unavailable', MESSAGES.storageUnusable, {}, { cause: error })
}

/** Whether the storage says that there is no such object. `HEAD` has no body that would name the reason. */
export function isMissing(error: unknown): boolean {
  const { name, $metadata } = causeOf(error)
  return name === 'NoSuchKey' || (name === 'NotFound' && $metadata?.httpStatusCode === 404)
}

/** Whether the storage knows this name of an error. */
export function isNamed(error: unknown, name: string): boolean {
  return causeOf(error).name === name
}

function causeOf(error: unknown): S3Error {
  return ((error instanceof Fault ? error.cause : error) ?? {}) as S3Error
}

export interface S3Place {
  readonly bucket: string
  readonly endpoint: string | undefined
  readonly region: string | undefined
}

/** Words of the storage about a credential, with the setting that is most likely wrong. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    'CLOUDLET_S3_ACCESS_KEY_ID: it is not set, and no access key is found where AWS programs look for one',
  InvalidAccessKeyId: 'CLOUDLET_S3_ACCESS_KEY_ID: the object storage does not know this access key',
  SignatureDoesNotMatch: 'CLOUDLET_S3_SECRET_ACCESS_KEY: it does not belong to the access key',
  InvalidToken: 'CLOUDLET_S3_ACCESS_KEY_ID: the object storage does not accept the session token',
  ExpiredToken: 'CLOUDLET_S3_ACCESS_KEY_ID: the session token has expired',
}

const REGION = new Set(['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'])

/** The same error in one line that names the setting at fault, for the start of the server. */
export function explainS3(error: unknown, { bucket, endpoint, region }: S3Place): Fault {
  if (error instanceof Fault) return error
  const { name = '', message = '', code, $metadata } = causeOf(error)
  const at = endpoint ?? 'Amazon'
  const status = $metadata?.httpStatusCode
  const wrong = (text: string): Fault => new Fault('bad-request', text, { reason: 'setting' }, { cause: error })
  const credential = Object.hasOwn(CREDENTIALS, name) ? CREDENTIALS[name] : undefined
  if (credential !== undefined) return wrong(credential)
  if (name === 'NoSuchBucket') return wrong(`CLOUDLET_BLOBS: there is no bucket ${bucket} at ${at}. Make it first`)
  if (REGION.has(name) || status === 301) {
    return wrong(`CLOUDLET_S3_REGION: the bucket ${bucket} is not in the region ${region ?? 'that is configured'}`)
  }
  if (/region is missing/i.test(message)) return wrong('CLOUDLET_S3_REGION: it is not set, and no region is configured')
  if (status === 403) {
    const rights = 'It must be allowed to list the bucket and to read, write and delete objects'
    return wrong(`CLOUDLET_BLOBS: the access key may not use the bucket ${bucket}. ${rights}`)
  }
  const reason = [code ?? name, status].filter((part) => part !== undefined && part !== '').join(' ')
  if (status !== undefined) return notS3({ bucket, endpoint, region }, reason, error)
  return new Fault(
    'unavailable',
    `${placeSetting(endpoint)}: ${at} cannot be reached (${reason || message})`,
    {},
    { cause: error },
  )
}

/** Something answers at the endpoint that is no object storage, or not one that we understand. */
export function notS3({ endpoint }: S3Place, reason = 'a page', cause?: unknown): Fault {
  const message = `${placeSetting(endpoint)}: ${endpoint ?? 'Amazon'} does not answer like an object storage (${reason})`
  return new Fault('unavailable', message, {}, { cause })
}

function placeSetting(endpoint: string | undefined): string {
  return endpoint === undefined ? 'CLOUDLET_BLOBS' : 'CLOUDLET_S3_ENDPOINT'
}
