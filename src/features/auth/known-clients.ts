import ipaddr from 'ipaddr.js'
import type { Database } from '../../db/database.ts'
import { noteUnlessFull } from '../../db/errors.ts'
import type { Events } from '../../events/events.ts'
import type { ClientInfo } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { deviceName } from './app-passwords.ts'
import * as store from './client-store.ts'
import type {} from './events.ts'

export interface KnownClient {
  /** `Firefox, Windows` */
  readonly name: string
  readonly address: string
}

/** From where accounts sign in with their password. App passwords are told when they are made. */
export interface KnownClients {
  /** Somebody has signed in. What was not there before is an event, but for an account's very first time. */
  note(accountId: number, client: ClientInfo): Promise<void>
  find(id: number): Promise<KnownClient | undefined>
  sweep(): Promise<void>
}

const SEEN_NOTED_EVERY_MS = 24 * 3_600_000
/** Half a year without a sign-in, and a client is unknown again. */
const FORGOTTEN_AFTER_MS = 180 * SEEN_NOTED_EVERY_MS
const MAX_PER_ACCOUNT = 100

export function createKnownClients({
  db,
  clock,
  events,
}: {
  db: Database
  clock: Clock
  events: Events
}): KnownClients {
  const noteNow = async (accountId: number, { userAgent, address }: ClientInfo): Promise<void> => {
    const nowMs = clock.nowMs()
    const digest = sha256Hex(`${programOf(userAgent)}\n${wideNetworkOf(address)}`)
    const known = await store.findClient(db.read, accountId, digest)
    if (known !== undefined) {
      if (nowMs - known.last_seen_at_ms < SEEN_NOTED_EVERY_MS) return
      await db.write((tx) => store.noteClientSeen(tx, known.id, nowMs))
      return
    }
    await db.write(async (tx) => {
      const isFirst = !(await store.hasAnyClient(tx, accountId))
      const clientId = await store.insertClient(tx, {
        account_id: accountId,
        client_digest: digest,
        user_agent: deviceName(userAgent),
        address: address.slice(0, 64),
        last_seen_at_ms: nowMs,
      })
      if (isFirst || clientId === undefined) return
      await store.deleteClientsBeyond(tx, accountId, MAX_PER_ACCOUNT)
      await events.add(tx, 'login.from-unknown-client', { accountId, clientId })
    })
  }
  return {
    // What is left out is noted at a later sign-in.
    note: (accountId, client) => noteUnlessFull(() => noteNow(accountId, client)),
    async find(id) {
      const row = await store.findClientById(db.read, id)
      return row === undefined ? undefined : { name: clientName(row.user_agent), address: row.address }
    },
    async sweep() {
      await db.write((tx) => store.deleteClientsUnseenSince(tx, clock.nowMs() - FORGOTTEN_AFTER_MS))
    },
  }
}

/** What a program calls itself, without its versions: an update does not make it another one. */
function programOf(userAgent: string): string {
  return deviceName(userAgent).replace(/[\d._]+/g, '')
}

/** As much of an address as usually stays the same for a household or a company: /16 of IPv4, /32 of IPv6. */
function wideNetworkOf(address: string): string {
  if (!ipaddr.isValid(address)) return ''
  const parsed = ipaddr.process(address)
  return parsed
    .toByteArray()
    .slice(0, parsed.kind() === 'ipv4' ? 2 : 4)
    .join('.')
}

/** The first that is found names the program: many call themselves by the names of others, too. */
const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(?:iPhone|iPad|iOS)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac(?:intosh|OS)?\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/** `Firefox, Windows` of a browser; of anything else what it calls itself first. */
export function clientName(userAgent: string): string {
  const nameIn = (list: typeof PROGRAMS): string | undefined => list.find(([pattern]) => pattern.test(userAgent))?.[1]
  const isBrowser = userAgent.startsWith('Mozilla/') && nameIn(PROGRAMS) !== undefined
  const program = isBrowser ? nameIn(PROGRAMS) : (/^[^\s/(;]+/.exec(userAgent)?.[0] ?? userAgent)
  return [program, nameIn(SYSTEMS)].filter((part) => part !== undefined).join(', ')
}
