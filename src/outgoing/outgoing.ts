import { type IncomingMessage, Agent as PlainAgent, request as requestPlain } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Fault } from '../lib/fault.ts'
import { isPublicAddress } from './addresses.ts'
import { type Allowed, createAllowed } from './allowed.ts'
import { type Resolve, resolveByNameServers, resolveBySystem } from './resolve.ts'
import { createTurns } from './turns.ts'

export interface OutgoingRequest {
  /** `https`, or `http` where the administrator allows it; see `checkUrl`. */
  readonly url: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
  /** On whose account it is counted: one owner cannot take all the turns. */
  readonly owner: string
}

export interface OutgoingAnswer {
  /** A redirect is an answer like any other: it is not followed. */
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The first 4 KiB. */
  readonly body: Buffer
}

/**
 * Everything that calls an address which somebody else has chosen goes through here (ADR 8). It reaches the public
 * Internet over TLS and what the administrator allows besides, follows nothing, waits for no one and reads little.
 * Callers keep what comes back to themselves: not even whether something answered is shown to whoever chose the address.
 */
export interface Outgoing {
  /**
   * The address as it will be called, from its text alone. Throws Fault `bad-request` with reason `outgoing-url` for what
   * can never be called: no address, a scheme other than https, credentials inside, a private address as a number.
   */
  checkUrl(text: string): URL
  /**
   * Throws Fault `bad-request` (see `checkUrl`), `forbidden` with reason `outgoing-address` when the name leads where
   * nobody may go, `unavailable` with reason `outgoing-failed` or `outgoing-timeout` when there was no answer in ten
   * seconds, `too-many` when too many requests wait for their turn.
   */
  send(request: OutgoingRequest): Promise<OutgoingAnswer>
}

export interface OutgoingDeps {
  /** Host names, addresses and CIDR blocks that may be called although they are not public, even without TLS. */
  readonly allowed: readonly string[]
  /** For tests. */
  readonly resolve?: Resolve
  /** For tests. */
  readonly deadlineMs?: number
}

/** For everything: the name servers, the connection, TLS, the request and as much of the answer as is read. */
const DEADLINE_MS = 10_000
const MAX_ANSWER_BYTES = 4_096
const MAX_ANSWER_HEADER_BYTES = 8_192
/** When an address of a name does not connect in a second, the next one is tried. */
const CONNECTING = { keepAlive: false, autoSelectFamilyAttemptTimeout: 1_000 } as const
const LIMITS = { atOnce: 32, atOncePerOwner: 4, waiting: 2_000, waitingPerOwner: 200 } as const

export function createOutgoing(deps: OutgoingDeps): Outgoing {
  const allowed = createAllowed(deps.allowed)
  const deadlineMs = deps.deadlineMs ?? DEADLINE_MS
  const turns = createTurns(LIMITS)
  const addressesOf = async (hostname: string): Promise<readonly string[]> => {
    const isListed = allowed.hasHost(hostname)
    const found = isIP(hostname) !== 0 ? [hostname] : await (deps.resolve ?? resolverFor(isListed))(hostname)
    if (found.length === 0) throw failed('The name has no address')
    // One address out of bounds is enough: a name that leads here and there is made to deceive.
    if (!isListed && !found.every((address) => allowed.hasAddress(address) || isPublicAddress(address))) {
      throw new Fault('forbidden', `${hostname} leads to an address that may not be called`, { reason: REFUSED })
    }
    return found
  }
  const call = async (request: OutgoingRequest, url: URL): Promise<OutgoingAnswer> => {
    const deadline = AbortSignal.timeout(deadlineMs)
    const addresses = await before(deadline, addressesOf(hostOf(url)))
    return exchange(request, url, addresses, deadline)
  }
  return {
    checkUrl: (text) => checkUrl(allowed, text),
    async send(request) {
      const url = checkUrl(allowed, request.url)
      return turns.take(request.owner, () => call(request, url))
    },
  }
}

const REFUSED = 'outgoing-address'

function resolverFor(isListed: boolean): Resolve {
  return isListed ? resolveBySystem : resolveByNameServers
}

const failed = (message: string, cause?: unknown): Fault =>
  new Fault('unavailable', message, { reason: 'outgoing-failed' }, { cause })

const badUrl = (message: string): Fault => new Fault('bad-request', message, { reason: 'outgoing-url' })

function checkUrl(allowed: Allowed, text: string): URL {
  // The URL class writes numbers of every notation as plain addresses; what it cannot read is nothing to call.
  const url = /^https?:\/\/[^\s/\\][^\s\\]*$/i.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === '') throw badUrl('This is no address to call')
  if (url.username !== '' || url.password !== '') throw badUrl('An address to call carries no credentials')
  const host = hostOf(url)
  const isAddress = isIP(host) !== 0
  if (isAddress && !allowed.hasHost(host) && !allowed.hasAddress(host) && !isPublicAddress(host)) {
    throw badUrl('This address may not be called')
  }
  const mayBePlain = allowed.hasHost(host) || (isAddress && allowed.hasAddress(host))
  if (url.protocol === 'http:' && !mayBePlain) throw badUrl('Only https may be called')
  return url
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

/** What comes too late is as good as nothing; whoever is still at it is not waited for. */
async function before<T>(deadline: AbortSignal, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const onLate = (): void => late.reject(timedOut())
  deadline.addEventListener('abort', onLate, { once: true })
  try {
    return await Promise.race([work, late.promise])
  } finally {
    deadline.removeEventListener('abort', onLate)
  }
}

const timedOut = (): Fault => new Fault('unavailable', 'There was no answer in time', { reason: 'outgoing-timeout' })

function exchange(
  { method, headers, body }: OutgoingRequest,
  url: URL,
  addresses: readonly string[],
  deadline: AbortSignal,
): Promise<OutgoingAnswer> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:'
    const sent = (isTls ? requestTls : requestPlain)({
      method,
      host: hostOf(url),
      port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, host: url.host, 'content-length': String(Buffer.byteLength(body)) },
      // The addresses that were checked and no other: the name is not resolved a second time.
      lookup: pinnedTo(addresses),
      // An agent of its own for each request knows no proxy and shares no connection.
      agent: isTls ? new TlsAgent(CONNECTING) : new PlainAgent(CONNECTING),
      maxHeaderSize: MAX_ANSWER_HEADER_BYTES,
      signal: deadline,
    })
    const fail = (error?: unknown): void => reject(deadline.aborted ? timedOut() : failed('There was no answer', error))
    sent.once('error', fail)
    sent.once('close', () => fail())
    sent.once('response', (answer) => readAnswer(answer, resolve, fail))
    sent.end(body)
  })
}

function readAnswer(
  answer: IncomingMessage,
  resolve: (answer: OutgoingAnswer) => void,
  fail: (error?: unknown) => void,
): void {
  const pieces: Buffer[] = []
  let left = MAX_ANSWER_BYTES
  const finish = (): void => {
    resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(pieces) })
    answer.destroy()
  }
  answer.on('data', (piece: Buffer) => {
    pieces.push(piece.subarray(0, left))
    left -= piece.length
    if (left <= 0) finish()
  })
  answer.once('end', finish)
  answer.once('error', fail)
}

function pinnedTo(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_hostname, options, callback) => {
    const [first] = known
    if (options.all === true) callback(null, known)
    else callback(null, first?.address ?? '', first?.family)
  }
}
