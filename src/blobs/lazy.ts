import { Readable } from 'node:stream'
import type { BlobStore } from './blob-store.ts'

export interface LazyBlobs extends BlobStore {
  /** Opens the store now. Throws what its opening throws; then the next use tries again. */
  open(): Promise<void>
}

/**
 * A store that is opened when it is first used. Commands that touch no content need no object storage, and nothing
 * reaches a store before `openStore` has seen that it is the right one.
 */
export function createLazyBlobs(openStore: () => Promise<BlobStore>): LazyBlobs {
  let store: BlobStore | undefined
  let opening: Promise<BlobStore> | undefined
  const ready = async (): Promise<BlobStore> => {
    opening ??= openStore()
    try {
      store = await opening
      return store
    } finally {
      if (store === undefined) opening = undefined
    }
  }
  return {
    async open() {
      await ready()
    },
    put: async (key, source) => (store ?? (await ready())).put(key, source),
    get: (key, range) =>
      store?.get(key, range) ??
      Readable.from(
        opened(ready, (open) => open.get(key, range)),
        { objectMode: false },
      ),
    stat: async (key) => (store ?? (await ready())).stat(key),
    remove: async (keys) => (store ?? (await ready())).remove(keys),
    list: (prefix) => opened(ready, (open) => open.list(prefix)),
    removeUnfinished: async (beforeMs) => (store ?? (await ready())).removeUnfinished(beforeMs),
    findMark: async () => (store ?? (await ready())).findMark(),
    freeBytes: async () => (store ?? (await ready())).freeBytes?.(),
    writeMark: async (text) => (store ?? (await ready())).writeMark(text),
    close() {
      store?.close()
    },
  }
}

async function* opened<T>(
  ready: () => Promise<BlobStore>,
  from: (store: BlobStore) => AsyncIterable<T>,
): AsyncGenerator<T> {
  yield* from(await ready())
}
