import type { Chunk, Finish, StartOrAbort } from './operations.ts'
import { contentFaults, decide, done, putContent, type Step } from './outcome.ts'
import { accepted, findKey, nodeAt, type State, sizeOf, type Upload } from './state.ts'

export const UPLOAD_LIFE_S = 24 * 3_600

export const isWaiting = (upload: Upload | undefined): upload is Upload =>
  upload !== undefined && upload.finished === undefined
export const waitingBytes = (state: State): number =>
  state.uploads
    .values()
    .reduce((sum, { chunks }) => sum + chunks.values().reduce((all, { length }) => all + length, 0), 0)

export const start: Step<StartOrAbort> = (state, { upload }) =>
  decide(state, [isWaiting(state.uploads.get(upload)) && 405], (next) => {
    next.uploads.set(upload, { chunks: new Map(), touchedS: next.nowS })
    return done(next, 201)
  })

export const abort: Step<StartOrAbort> = (state, { upload }) =>
  decide(state, [!isWaiting(state.uploads.get(upload)) && 404], (next) => {
    next.uploads.delete(upload)
    return done(next, 204)
  })

export const chunk: Step<Chunk> = (state, { upload, name, content }) => {
  const known = state.uploads.get(upload)
  const old = known?.chunks.get(name)
  const added = content.length - (old?.length ?? 0)
  const used = sizeOf(state.root) + waitingBytes(state)
  const isBeyond = state.quota !== undefined && added > 0 && used + added > state.quota
  return decide(state, [!isWaiting(known) && 404, isBeyond && 507], (next) => {
    const own = next.uploads.get(upload)
    own?.chunks.set(name, content)
    if (own !== undefined) own.touchedS = next.nowS
    return done(next, old === undefined ? 201 : 204)
  })
}

export function assembled(upload: Upload | undefined): string {
  return [...(upload?.chunks ?? [])]
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([, content]) => content)
    .join('')
}

export const finish: Step<Finish> = (state, operation, condition) => {
  const { upload, to, overwrite, total, checksum, tokens, believed = '' } = operation
  const known = state.uploads.get(upload)
  const target = accepted(to).join('/')
  if (known?.finished !== undefined) {
    const { key, version, created } = known.finished
    const isSame = known.finished.target === target && findKey(state, key)?.version === version
    return decide(state, [!isSame && 404], (next) => done(next, created ? 201 : 204))
  }
  const content = assembled(known)
  const hasChecksum = checksum !== undefined
  const wanted = { path: to, content, mtimeS: undefined, hasChecksum, tokens, makesFolders: false, condition }
  const faults = [
    known === undefined && 404,
    total !== undefined && content.length !== believed.length + (total === 'wrong' ? 1 : 0) && 400,
    checksum !== undefined && (checksum === 'wrong' || content !== believed) && 400,
    overwrite === 'F' && nodeAt(state, to) !== undefined && 412,
    ...contentFaults(state, wanted, [404, 409]),
  ]
  return decide(state, faults, (next) => {
    const { file, created } = putContent(next, wanted)
    const finished = { target, key: file.key, version: file.version, created }
    next.uploads.set(upload, { chunks: new Map(), touchedS: next.nowS, finished })
    return done(next, created ? 201 : 204)
  })
}
