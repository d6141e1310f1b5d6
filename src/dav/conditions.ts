import type { IncomingHttpHeaders } from 'node:http'
import { Fault } from '../lib/fault.ts'
import { addressOf, splitPath } from './path.ts'

/** What conditions are held against. */
export interface ResourceState {
  /** Without quotes; undefined when there is no such resource. */
  readonly etag: string | undefined
  readonly mtimeMs: number | undefined
  /** Tokens of the locks that hold for it. */
  readonly lockTokens: readonly string[]
}

/** Finds the state of a resource of an `If` header; undefined is the resource that the request names. */
export type LookUp = (path: readonly string[] | undefined) => Promise<ResourceState>

export interface Conditions {
  /** Lock tokens that the client submits, in whatever list. */
  readonly tokens: ReadonlySet<string>
  /** Whether anything is asked at all. */
  readonly isEmpty: boolean
  /**
   * Throws Fault `precondition` when a condition does not hold. Asked once before the work and once more inside its
   * transaction.
   */
  check(lookUp: LookUp): Promise<void>
}

interface IfCondition {
  readonly negated: boolean
  readonly token?: string
  readonly etag?: string
}

interface IfList {
  /** Absolute path on this server; undefined for the resource of the request. */
  readonly path: readonly string[] | undefined
  readonly conditions: readonly IfCondition[]
}

const MAX_IF_CHARS = 8_192
/** Each may cost a look-up inside a transaction. */
const MAX_IF_LISTS = 100

/** Conditions of RFC 9110 section 13.1 and RFC 4918 section 10.4 for methods that change something. */
export function conditionsOf(headers: IncomingHttpHeaders): Conditions {
  const ifMatch = headers['if-match']
  const ifNoneMatch = headers['if-none-match']
  const unmodifiedSince = Date.parse(headers['if-unmodified-since'] ?? '')
  const lists = typeof headers['if'] === 'string' ? parseIf(headers['if']) : []
  const tokens = new Set(lists.flatMap(({ conditions }) => conditions.flatMap(({ token }) => token ?? [])))
  const isEmpty =
    ifMatch === undefined && ifNoneMatch === undefined && Number.isNaN(unmodifiedSince) && lists.length === 0
  return {
    tokens,
    isEmpty,
    async check(lookUp) {
      if (isEmpty) return
      const own = await lookUp(undefined)
      checkMatch(ifMatch, own)
      checkNoneMatch(ifNoneMatch, own)
      if (!Number.isNaN(unmodifiedSince) && own.mtimeMs !== undefined && secondsOf(own.mtimeMs) > unmodifiedSince) {
        throw failed(
          'If-Unmodified-Since',
          'An If-Unmodified-Since header was specified, but the entity has been changed since the specified date.',
        )
      }
      await checkIf(lists, own, lookUp)
    },
  }
}

const secondsOf = (milliseconds: number): number => Math.floor(milliseconds / 1_000) * 1_000

function failed(header: string, message: string): Fault {
  return new Fault('precondition', message, { field: header })
}

/** Tells the etag as it is, so that the client need not ask for it (recording webdav-files). */
export function ifMatchFailed(etag: string): Fault {
  const message = 'An If-Match header was specified, but none of the specified ETags matched.'
  return new Fault('precondition', message, { field: 'If-Match', etag })
}

function checkMatch(header: string | undefined, { etag }: ResourceState): void {
  if (header === undefined) return
  if (etag === undefined) {
    throw failed('If-Match', 'An If-Match header was specified and the resource did not exist')
  }
  if (!etagsOf(header).some((known) => known === '*' || known === etag)) {
    throw ifMatchFailed(etag)
  }
}

function checkNoneMatch(header: string | undefined, { etag }: ResourceState): void {
  if (header === undefined || etag === undefined) return
  if (etagsOf(header).some((known) => known === '*' || known === etag)) {
    throw failed('If-None-Match', 'An If-None-Match header was specified, but the ETag matched (or * was specified).')
  }
}

function etagsOf(header: string): string[] {
  return header.split(',').map((part) => unquoted(part.trim()))
}

/** The entity tag inside its quotes; weak ones count as strong, since every etag of ours names exact bytes. */
function unquoted(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1')
}

async function checkIf(lists: readonly IfList[], own: ResourceState, lookUp: LookUp): Promise<void> {
  if (lists.length === 0) return
  for (const { path, conditions } of lists) {
    const state = path === undefined ? own : await lookUp(path)
    if (conditions.every((condition) => holds(condition, state))) return
  }
  throw failed('If', 'Failed to find a valid token/etag combination')
}

function holds({ negated, token, etag }: IfCondition, state: ResourceState): boolean {
  const isTrue =
    token !== undefined ? state.lockTokens.includes(token) : state.etag !== undefined && state.etag === etag
  return isTrue !== negated
}

/** RFC 4918 section 10.4.2. Throws Fault `bad-request`. */
export function parseIf(header: string): IfList[] {
  if (header.length > MAX_IF_CHARS) throw new Fault('bad-request', 'The If header is too long')
  const lists: IfList[] = []
  let path: readonly string[] | undefined
  let rest = header.trim()
  while (rest !== '') {
    const tag = /^<([^<>]*)>\s*/.exec(rest)
    if (tag !== null) {
      path = pathOfAddress(addressOf(tag[1] ?? ''))
      rest = rest.slice(tag[0].length)
    }
    const list = /^\(((?:[^()"<>[\]]|"[^"]*"|<[^<>]*>|\[[^\]]*\])*)\)\s*/.exec(rest)
    if (list === null) throw new Fault('bad-request', 'The If header cannot be read')
    if (lists.length >= MAX_IF_LISTS) throw new Fault('bad-request', 'The If header has too many lists')
    lists.push({ path, conditions: parseConditions(list[1] ?? '') })
    rest = rest.slice(list[0].length)
  }
  return lists
}

function parseConditions(text: string): IfCondition[] {
  const conditions: IfCondition[] = []
  let rest = text.trim()
  while (rest !== '') {
    const match = /^(Not\s+|Not(?=[<[]))?(?:<([^<>]*)>|\[([^\]]*)\])\s*/i.exec(rest)
    if (match === null) throw new Fault('bad-request', 'The If header cannot be read')
    const [whole, not, token, etag] = match
    const negated = not !== undefined
    conditions.push(
      token !== undefined ? { negated, token: plainToken(token) } : { negated, etag: unquoted(etag ?? '') },
    )
    rest = rest.slice(whole.length)
  }
  if (conditions.length === 0) throw new Fault('bad-request', 'The If header has an empty list')
  return conditions
}

export function plainToken(token: string): string {
  return token
    .trim()
    .replace(/^<(.*)>$/, '$1')
    .replace(/^opaquelocktoken:/, '')
}

/** The path of a full address or of an absolute path; other hosts' addresses count by their path alone. */
export function pathOfAddress(address: string): string[] {
  const path = address.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').split(/[?#]/)[0] ?? ''
  return splitPath(path)
}
