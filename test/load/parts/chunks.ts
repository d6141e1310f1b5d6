import { call } from '../call.ts'
import { compare } from '../measure.ts'
import type { Part } from '../part.ts'
import { ADMIN } from '../processes.ts'
import { withSides } from '../sides.ts'

const CHUNK_BYTES = 10_000_000

/** A large file in chunks, as the desktop client sends it: how long putting them together takes. */
export const chunks: Part = (bench) =>
  withSides(bench.folder, ['Cloudlet'], async (_sides, { origin, root, headers }) => {
    const count = bench.isQuick ? 13 : 108
    let uploads = 0
    const assemble = async (): Promise<number> => {
      uploads += 1
      const upload = `/remote.php/dav/uploads/${ADMIN.name}/${uploads}`
      await call({ origin, method: 'MKCOL', path: upload, headers })
      for (let index = 0; index < count; index++) {
        const path = `${upload}/${String(index).padStart(16, '0')}`
        await call({ origin, method: 'PUT', path, headers, body: CHUNK_BYTES })
      }
      const destination = `${root}/large.bin`
      const length = String(count * CHUNK_BYTES)
      const sent = { ...headers, destination, 'oc-total-length': length }
      return (await call({ origin, method: 'MOVE', path: `${upload}/.file`, headers: sent })).totalMs
    }
    const name = `MOVE of ${count} chunks, ${((count * CHUNK_BYTES) / 1e9).toFixed(2)} GB, into place`
    return { rows: [await compare({ name, unit: 'ms', by: { Cloudlet: assemble } }, bench.isQuick ? 1 : 3)], notes: [] }
  })
