import { Fault } from '../lib/fault.ts'
import type { Json } from '../lib/json.ts'
import { type FormFields, parseForm } from './form.ts'

/** Largest body of anything that is not a file. */
export const MAX_BODY_BYTES = 1024 * 1024

const MAX_JSON_DEPTH = 64

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Decodes a body. Throws Fault `bad-request` when it is not UTF-8. */
export function decodeUtf8(body: Uint8Array): string {
  try {
    return utf8.decode(body)
  } catch {
    throw new Fault('bad-request', 'The body is not valid UTF-8')
  }
}

export function parseFormBody(body: Uint8Array): FormFields {
  return parseForm(decodeUtf8(body))
}

/** A JSON body, which must be an object. An empty body is an object without members. */
export function parseJsonBody(body: Uint8Array): Readonly<Record<string, Json>> {
  const text = decodeUtf8(body)
  if (text.trim() === '') return {}
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Fault('bad-request', 'The JSON body must be an object')
  }
  return value as Readonly<Record<string, Json>>
}

function parseJson(text: string): Json {
  let value: Json
  try {
    value = JSON.parse(text, refuseMemberNames) as Json
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('bad-request', 'The body is not valid JSON')
  }
  if (depthOf(value, 0) > MAX_JSON_DEPTH) throw new Fault('bad-request', 'The JSON body is nested too deep')
  return value
}

/** `__proto__` from outside must never reach an object of ours. */
function refuseMemberNames(name: string, value: Json): Json {
  if (name === '__proto__') throw new Fault('bad-request', 'The JSON body has a member name that is not allowed')
  return value
}

function depthOf(value: Json, depth: number): number {
  if (depth > MAX_JSON_DEPTH || typeof value !== 'object' || value === null) return depth
  let deepest = depth
  for (const member of Object.values(value)) deepest = Math.max(deepest, depthOf(member as Json, depth + 1))
  return deepest
}
