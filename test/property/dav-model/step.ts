import { lock, refresh } from './lock-steps.ts'
import type { Get, MakeLink, OpenLink, SetQuota, Sweep, Wait } from './operations.ts'
import { decide, done, type Outcome, type Request, type Step } from './outcome.ts'
import { cloneState, findKey, holds, nodeAt, type State } from './state.ts'
import { mkcol, proppatch, put, relocate, remove } from './tree-steps.ts'
import { abort, chunk, finish, start, UPLOAD_LIFE_S } from './upload-steps.ts'

/**
 * What a request does. A request with several faults may be answered with any of them: the order in which a server looks
 * is its own business. One without a fault must succeed.
 */
export function step(before: State, { operation, condition }: Request): Outcome {
  const state = cloneState(before)
  switch (operation.kind) {
    case 'put':
      return put(state, operation, condition)
    case 'mkcol':
      return mkcol(state, operation, condition)
    case 'delete':
      return remove(state, operation, condition)
    case 'copy':
    case 'move':
      return relocate(state, operation, condition)
    case 'proppatch':
      return proppatch(state, operation, condition)
    case 'lock':
      return lock(state, operation, condition)
    case 'refresh':
    case 'unlock':
      return refresh(state, operation, condition)
    case 'start':
      return start(state, operation, condition)
    case 'abort':
      return abort(state, operation, condition)
    case 'chunk':
      return chunk(state, operation, condition)
    case 'finish':
      return finish(state, operation, condition)
    case 'link':
      return link(state, operation, condition)
    case 'open':
      return open(state, operation, condition)
    case 'get':
      return get(state, operation, condition)
    case 'quota':
      return quota(state, operation, condition)
    case 'wait':
      return wait(state, operation, condition)
    default:
      return sweep(state, operation, condition)
  }
}

const link: Step<MakeLink> = (state, { link: index, path, seconds }) => {
  const node = nodeAt(state, path)
  return decide(state, [node === undefined && 404, node?.kind === 'folder' && 400], (next) => {
    next.links.set(index, { key: node?.key ?? 0, expiresS: next.nowS + seconds })
    return done(next, 200)
  })
}

const open: Step<OpenLink> = (state, { link: index }) => {
  const known = state.links.get(index)
  const node = known === undefined || known.expiresS <= state.nowS ? undefined : findKey(state, known.key)
  const content = node?.kind === 'file' ? { content: node.content } : {}
  return decide(state, [node === undefined && 404], (next) => done(next, 200, content))
}

const get: Step<Get> = (state, { path, start: first }, condition) => {
  const node = nodeAt(state, path)
  if (node === undefined) return done(state, 404)
  if (node.kind === 'folder') return done(state, 200)
  // The If header is for changes; for reading it says nothing.
  const isKnown = condition?.header !== 'if' && !holds(condition, node)
  if (isKnown) return done(state, condition?.header === 'if-match' ? 412 : 304)
  if (first === undefined) return done(state, 200, { content: node.content })
  if (first >= node.content.length) return done(state, 416)
  return done(state, 206, { content: node.content.slice(first) })
}

const quota: Step<SetQuota> = (state, { bytes }) => {
  state.quota = bytes
  return done(state, 200)
}

const wait: Step<Wait> = (state, { seconds }) => {
  state.nowS += seconds
  return done(state, 200)
}

/** Uploads that nobody goes on with are given up; nothing else changes that anybody could see. */
const sweep: Step<Sweep> = (state) => {
  for (const [name, { touchedS }] of state.uploads) {
    if (touchedS < state.nowS - UPLOAD_LIFE_S) state.uploads.delete(name)
  }
  return done(state, 200)
}
