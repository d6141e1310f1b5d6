import { createPrivateKey, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { LRUCache } from 'lru-cache'
import type { Database } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import { listDevices } from './device-store.ts'
import * as store from './key-store.ts'

/** The pair of keys of an account: what it is sent can be checked with the public one. */
export interface UserKey {
  /** SubjectPublicKeyInfo, PEM, with a final line end. */
  readonly publicKey: string
  /** RSA PKCS#1 v1.5 with SHA-512 (recording notifications-push). */
  sign(bytes: Uint8Array): Promise<Buffer>
}

export interface UserKeys {
  /** Made when it is first asked for. Throws Fault `not-found` when the account is deleted meanwhile. */
  get(accountId: number): Promise<UserKey>
}

const MAX_REMEMBERED = 500

const generate = promisify(generateKeyPair)
const signAsync = promisify(sign)

export function createUserKeys(db: Database): UserKeys {
  const remembered = new LRUCache<number, Promise<UserKey>>({ max: MAX_REMEMBERED })
  return {
    get(accountId) {
      const known = remembered.get(accountId)
      if (known !== undefined) return known
      const key = loadKey(db, accountId)
      remembered.set(accountId, key)
      key.catch(() => remembered.delete(accountId))
      return key
    },
  }
}

export interface PublicKeysDeps {
  readonly db: Database
  /** `host` or `host:port`. */
  readonly proxies: readonly string[]
  /** Throws Fault `not-found`. */
  readonly accountIdOf: (userId: string) => Promise<number>
  readonly isEnabled: (accountId: number) => Promise<boolean>
}

/** The public key of an account that has a device at a proxy. None is made for whoever asks. */
export function createPublicKeys(deps: PublicKeysDeps): (userId: string) => Promise<string | undefined> {
  const { db, proxies, accountIdOf, isEnabled } = deps
  return async (userId) => {
    if (proxies.length === 0) return undefined
    const accountId = await accountIdOf(userId).catch((error: unknown) => {
      if (error instanceof Fault && error.kind === 'not-found') return undefined
      throw error
    })
    if (accountId === undefined || !(await isEnabled(accountId))) return undefined
    if ((await listDevices(db.read, accountId)).length === 0) return undefined
    return (await store.findKey(db.read, accountId))?.public_key
  }
}

async function loadKey(db: Database, accountId: number): Promise<UserKey> {
  const row = (await store.findKey(db.read, accountId)) ?? (await makeKey(db, accountId))
  const privateKey: KeyObject = createPrivateKey(row.private_key)
  return { publicKey: row.public_key, sign: (bytes) => signAsync('sha512', bytes, privateKey) }
}

/** A quarter of a second of work, off the event loop. */
async function makeKey(db: Database, accountId: number): Promise<store.PushKeyRow> {
  const pair = await generate('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return db.write(async (tx) => {
    await store.insertKey(tx, { account_id: accountId, public_key: pair.publicKey, private_key: pair.privateKey })
    const kept = await store.findKey(tx, accountId)
    if (kept === undefined) throw new Fault('not-found', 'There is no such account')
    return kept
  })
}
