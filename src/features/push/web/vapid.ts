import { createPrivateKey, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { LRUCache } from 'lru-cache'
import type { Database } from '../../../db/database.ts'
import type { Clock } from '../../../lib/clock.ts'
import * as store from '../key-store.ts'

/** Tells push services who sends (RFC 8292). */
export interface Vapid {
  /** Base64url of the uncompressed point, as browsers take it for `applicationServerKey`. */
  publicKey(): Promise<string>
  /**
   * Value of `Authorization` for a push service. `contact` is an https address at which the sender may be asked; another
   * one is left out.
   */
  authorization(endpoint: URL, contact: string): Promise<string>
}

const NAME = 'current'
/** RFC 8292 section 2: at most 24 hours. */
const TOKEN_SECONDS = 12 * 3_600
/** A token is used again while it has more than this left. */
const RENEW_SECONDS = 3_600
const MAX_REMEMBERED = 1_000

const generate = promisify(generateKeyPair)

interface Loaded {
  readonly publicKey: string
  readonly privateKey: KeyObject
}

export function createVapid(db: Database, clock: Clock): Vapid {
  let loading: Promise<Loaded> | undefined
  const tokens = new LRUCache<string, { readonly token: string; readonly expires: number }>({ max: MAX_REMEMBERED })
  const load = (): Promise<Loaded> => {
    loading ??= loadKey(db).catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
  const tokenFor = ({ privateKey }: Loaded, audience: string, contact: string): string => {
    const memory = `${audience} ${contact}`
    const now = Math.floor(clock.nowMs() / 1_000)
    const known = tokens.get(memory)
    if (known !== undefined && known.expires - now > RENEW_SECONDS) return known.token
    const expires = now + TOKEN_SECONDS
    const subject = contact.startsWith('https://') ? { sub: contact } : {}
    const token = signedToken(privateKey, { aud: audience, exp: expires, ...subject })
    tokens.set(memory, { token, expires })
    return token
  }
  return {
    async publicKey() {
      return (await load()).publicKey
    },
    async authorization(endpoint, contact) {
      const key = await load()
      return `vapid t=${tokenFor(key, endpoint.origin, contact)}, k=${key.publicKey}`
    },
  }
}

/** A JSON Web Token with ES256 (RFC 7519, RFC 7518 section 3.4). */
function signedToken(privateKey: KeyObject, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ typ: 'JWT', alg: 'ES256' })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

async function loadKey(db: Database): Promise<Loaded> {
  const row = (await store.findVapidKey(db.read, NAME)) ?? (await makeKey(db))
  return { publicKey: row.public_key, privateKey: createPrivateKey(row.private_key) }
}

/** Made once for all processes: subscriptions are bound to it. */
async function makeKey(db: Database): Promise<store.VapidKeyRow> {
  const pair = await generate('ec', { namedCurve: 'prime256v1' })
  const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  const made = {
    name: NAME,
    public_key: point.toString('base64url'),
    private_key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
  return db.write(async (tx) => {
    await store.insertVapidKey(tx, made)
    return (await store.findVapidKey(tx, NAME)) ?? made
  })
}
