import { createHash } from 'node:crypto'
import type { Database } from '../../db/database.ts'
import { isForeignKeyViolation, isUniqueViolation } from '../../db/errors.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Outgoing } from '../../outgoing/outgoing.ts'
import { acceptDeviceKey, acceptProxy, acceptTokenHash, appKindOf, pushFault } from './device-rules.ts'
import * as store from './device-store.ts'
import type { UserKeys } from './user-keys.ts'

export interface DeviceInput {
  readonly pushTokenHash: string
  readonly devicePublicKey: string
  readonly proxyServer: string
}

export interface RegisteredDevice {
  /** Of the account, for the proxy and the device to check what this server sends. */
  readonly publicKey: string
  readonly deviceIdentifier: string
  /** Over the bytes whose digest the identifier is. */
  readonly signature: string
  /** The device has to tell its proxy. */
  readonly isChanged: boolean
}

export interface Devices {
  /** Throws Fault `bad-request` whose reason is the word on the wire. */
  register(viewer: AccountViewer, input: DeviceInput, client: DeviceClient): Promise<RegisteredDevice>
  /** Returns whether there was one. Throws Fault `bad-request` without an app password. */
  remove(viewer: AccountViewer): Promise<boolean>
}

export interface DeviceClient {
  readonly userAgent: string
  /** Scheme and host by which it came. */
  readonly baseUrl: string
}

export interface DevicesDeps {
  readonly db: Database
  readonly clock: Clock
  readonly outgoing: Outgoing
  readonly keys: UserKeys
  /** `host` or `host:port`. */
  readonly proxies: readonly string[]
}

export function createDevices({ db, clock, outgoing, keys, proxies }: DevicesDeps): Devices {
  return {
    async register(viewer, input, client) {
      const appPasswordId = appPasswordOf(viewer)
      const told = {
        push_token_hash: acceptTokenHash(input.pushTokenHash),
        device_key: acceptDeviceKey(input.devicePublicKey),
        proxy_url: acceptProxy(input.proxyServer, proxies, outgoing),
      }
      const key = await keys.get(viewer.accountId)
      const identity = Buffer.from(identityText(viewer.userId, client.baseUrl, appPasswordId))
      const deviceIdentifier = createHash('sha512').update(identity).digest('base64')
      const row = {
        ...told,
        account_id: viewer.accountId,
        app_password_id: appPasswordId,
        device_identifier: deviceIdentifier,
        app_kind: appKindOf(client.userAgent),
        registered_at_ms: clock.nowMs(),
      }
      const known = await store.findDevice(db.read, appPasswordId)
      const isChanged = known === undefined || !isSame(known, row)
      if (isChanged) await save(db, row)
      const signature = (await key.sign(identity)).toString('base64')
      return { publicKey: key.publicKey, deviceIdentifier, signature, isChanged }
    },
    remove(viewer) {
      const appPasswordId = appPasswordOf(viewer)
      return db.write((tx) => store.deleteDevice(tx, viewer.accountId, appPasswordId))
    },
  }
}

async function save(db: Database, row: Omit<store.DeviceRow, 'id'>): Promise<void> {
  const write = (): Promise<void> => db.write((tx) => store.replaceDevice(tx, row))
  try {
    // Two app passwords with one push token at once: the second time the other's row is there to be replaced.
    await write().catch((error: unknown) => (isUniqueViolation(error) ? write() : Promise.reject(error)))
  } catch (error) {
    // The app password was deleted meanwhile.
    if (isForeignKeyViolation(error)) throw pushFault('INVALID_SESSION_TOKEN')
    throw error
  }
}

/** Only what can be taken away from a device alone may name it: neither the password nor a session of a browser. */
function appPasswordOf(viewer: AccountViewer): number {
  if (viewer.appPasswordId === undefined) throw pushFault('INVALID_SESSION_TOKEN')
  return viewer.appPasswordId
}

type DeviceFacts = Omit<store.DeviceRow, 'id' | 'registered_at_ms'>

function isSame(one: DeviceFacts, other: DeviceFacts): boolean {
  return (
    one.push_token_hash === other.push_token_hash &&
    one.device_key === other.device_key &&
    one.proxy_url === other.proxy_url &&
    one.device_identifier === other.device_identifier &&
    one.app_kind === other.app_kind
  )
}

/**
 * What names a device to the proxy, byte for byte: the cloud id of the user and the number of the app password, as JSON
 * with slashes escaped. The scheme is a part of the id unless it is https (recording notifications-push).
 */
export function identityText(userId: string, baseUrl: string, appPasswordId: number): string {
  const cloudId = `${userId}@${baseUrl.replace(/^https:\/\//, '')}`
  return JSON.stringify([cloudId, appPasswordId]).replaceAll('/', '\\/')
}
