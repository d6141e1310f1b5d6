import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe } from 'node:test'
import type { BlobStore } from '../../src/blobs/blob-store.ts'
import { createDiskBlobs } from '../../src/blobs/disk.ts'
import { createS3Blobs, type S3Settings } from '../../src/blobs/s3.ts'
import { type S3Stub, STUB_BUCKET, startS3Stub } from './s3-stub.ts'

export type BlobStoreKind = 'disk' | 's3'

/**
 * Names a real object storage for the contract tests in place of the stub: `http://KEY:SECRET@host:port/bucket`. The
 * bucket must be there; `?quota=other` names a second one that holds less than 2 MiB. See `scripts/test-s3.sh`.
 */
const REAL_VARIABLE = 'CLOUDLET_TEST_S3'

const real = process.env[REAL_VARIABLE] === undefined ? undefined : new URL(process.env[REAL_VARIABLE])

export const isRealStorage = real !== undefined

export interface TestBlobs {
  readonly store: BlobStore
  close(): void
}

export interface BlobStoreSuite {
  readonly kind: BlobStoreKind
  /** A new, empty store. The caller closes it. */
  open(): Promise<TestBlobs>
}

/** One text of tests over all blob stores. */
export function forEachBlobStore(name: string, define: (suite: BlobStoreSuite) => void): void {
  for (const kind of ['disk', 's3'] as const) {
    describe(`${name} on ${kind}`, () => {
      define({ kind, open: kind === 'disk' ? openDisk : openS3 })
      after(stopSharedStub)
    })
  }
}

async function openDisk(): Promise<TestBlobs> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-blobs-'))
  const store = createDiskBlobs(join(folder, 'blobs'))
  return {
    store,
    close() {
      store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function openS3(): Promise<TestBlobs> {
  const store = createS3Blobs(real === undefined ? stubSettings(await sharedStub()) : realSettings(real))
  return { store, close: () => store.close() }
}

/** A store over a stub, in a prefix that nobody else has. */
export function stubSettings(stub: S3Stub): S3Settings {
  const { endpoint, region, accessKeyId, secretAccessKey } = stub
  const prefix = `test/${randomBytes(6).toString('hex')}`
  return { bucket: STUB_BUCKET, prefix, endpoint, region, accessKeyId, secretAccessKey, pathStyle: undefined }
}

function realSettings({ origin, pathname, username, password }: URL): S3Settings {
  return {
    bucket: pathname.slice(1),
    prefix: `test/${randomBytes(6).toString('hex')}`,
    endpoint: origin,
    region: undefined,
    accessKeyId: username,
    secretAccessKey: decodeURIComponent(password),
    pathStyle: undefined,
  }
}

/** Settings of the program for a new prefix in the storage of this test process. */
export async function s3Env(): Promise<Record<string, string>> {
  const settings = real === undefined ? stubSettings(await sharedStub()) : realSettings(real)
  return {
    CLOUDLET_BLOBS: `s3://${settings.bucket}/${settings.prefix}`,
    CLOUDLET_S3_ENDPOINT: settings.endpoint ?? '',
    CLOUDLET_S3_ACCESS_KEY_ID: settings.accessKeyId ?? '',
    CLOUDLET_S3_SECRET_ACCESS_KEY: settings.secretAccessKey ?? '',
  }
}

/** The bucket of a real storage that holds too little, for tests of a full one. */
export function openFullBucket(): BlobStore | undefined {
  const bucket = real?.searchParams.get('quota')
  if (real === undefined || bucket === null || bucket === undefined) return undefined
  return createS3Blobs({ ...realSettings(real), bucket })
}

let shared: Promise<S3Stub> | undefined

/** The stub of this test process, ended with `stopSharedStub`. */
export function sharedStub(): Promise<S3Stub> {
  shared ??= startS3Stub()
  return shared
}

export async function stopSharedStub(): Promise<void> {
  const stub = await shared
  shared = undefined
  await stub?.stop()
}
