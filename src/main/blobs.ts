import { join } from 'node:path'
import type { BlobStore } from '../blobs/blob-store.ts'
import { createDiskBlobs } from '../blobs/disk.ts'
import { createLazyBlobs, type LazyBlobs } from '../blobs/lazy.ts'
import type { Config, Secrets } from '../config/load.ts'
import type { Database } from '../db/database.ts'
import { type ContentHome, createContentHome } from '../features/files/index.ts'
import { Fault } from '../lib/fault.ts'

export interface Settings {
  readonly config: Config
  readonly secrets: Secrets
}

/** The blob store of an app. It is opened by its first use, and only when it holds the content that the database knows. */
export function createBlobs(db: Database, settings: Settings): LazyBlobs {
  const home = createContentHome(db)
  return createLazyBlobs(() => openOwn(settings, (store) => requireOwn(home, store, settings.config)))
}

/** Takes the configured store as it is for the content of this database. Throws Fault `conflict` when it is another's. */
export async function adoptBlobs(db: Database, settings: Settings): Promise<void> {
  const home = createContentHome(db)
  const { config } = settings
  const store = await openOwn(settings, async (opened) => {
    const id = await home.instanceId()
    const mark = await opened.findMark()
    refuseForeign(mark, id, config)
    if (mark === undefined) await opened.writeMark(id)
    await home.move(config.blobs)
  })
  store.close()
}

/** Before anything is made: whether the object storage answers, and is free or ours. Throws Faults that name the setting. */
export async function reachBlobs(settings: Settings, isNew: boolean): Promise<void> {
  const store = await openOwn(settings, async (opened) => {
    const mark = await opened.findMark()
    if (isNew) refuseForeign(mark, undefined, settings.config)
  })
  store.close()
}

async function openOwn(settings: Settings, check: (store: BlobStore) => Promise<void>): Promise<BlobStore> {
  const store = await openStore(settings)
  try {
    await check(store)
    return store
  } catch (error) {
    store.close()
    throw error
  }
}

async function openStore({ config, secrets }: Settings): Promise<BlobStore> {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(config.blobs) ?? []
  if (bucket === undefined) return createDiskBlobs(folderOf(config))
  // The SDK is large: whoever keeps content on disk never loads it.
  const { createS3Blobs } = await import('../blobs/s3.ts')
  return createS3Blobs({
    bucket,
    prefix,
    endpoint: config.s3Endpoint,
    region: config.s3Region,
    accessKeyId: secrets.s3AccessKeyId,
    secretAccessKey: secrets.s3SecretAccessKey,
    pathStyle: config.s3PathStyle,
  })
}

/**
 * A database and its content belong together. The database knows where the content is, and the store carries the
 * database's mark: a folder whose disk is not mounted, an empty bucket or somebody else's is found before a file seems to
 * be missing, and before the sweeper takes another's content for orphans.
 */
async function requireOwn(home: ContentHome, store: BlobStore, config: Config): Promise<void> {
  const id = await home.instanceId()
  const mark = await store.findMark()
  const known = await home.place()
  if (known !== undefined) refuseOther(known, config)
  refuseForeign(mark, id, config)
  if (mark === id && known !== undefined) return
  if (known !== undefined) throw lost(config)
  await store.writeMark(id)
  // Another node may have been first, with another setting.
  refuseOther(await home.settle(config.blobs), config)
}

function refuseOther(known: string, { blobs }: Config): void {
  if (known === blobs) return
  const message = `CLOUDLET_BLOBS: the content of this database is in ${known}, not in ${blobs}. When it has been copied there, run: cloudlet data:adopt`
  throw new Fault('conflict', message, { reason: 'other-content' })
}

function refuseForeign(mark: string | undefined, id: string | undefined, config: Config): void {
  if (mark === undefined || mark === id) return
  const message =
    config.blobs === 'disk'
      ? `CLOUDLET_DATA: the folder ${folderOf(config)} has the content of another database. Bring that back, or take another folder`
      : `CLOUDLET_BLOBS: ${config.blobs} has the content of another database. Bring that back, or take another prefix`
  throw new Fault('conflict', message, { reason: 'other-content' })
}

function lost(config: Config): Fault {
  const message =
    config.blobs === 'disk'
      ? `CLOUDLET_DATA: the folder ${folderOf(config)} does not have the content of this database. Is its disk mounted? If this folder is right, run: cloudlet data:adopt`
      : `CLOUDLET_BLOBS: ${config.blobs} does not have the content of this database. If it is the right bucket nevertheless, run: cloudlet data:adopt`
  return new Fault('conflict', message, { reason: 'lost-content' })
}

function folderOf({ dataFolder }: Config): string {
  return join(dataFolder, 'blobs')
}
