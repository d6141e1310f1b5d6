import type { Config, Secrets } from '../config/load.ts'
import { ADMIN_GROUP } from '../features/groups/index.ts'
import { checkPassword, checkUserId } from '../features/users/index.ts'
import { Fault } from '../lib/fault.ts'
import { randomText } from '../lib/ids.ts'
import type { Features } from './features.ts'

export interface FirstAdmin {
  readonly userId: string
  /** Made up here; undefined when it came from the configuration. */
  readonly generatedPassword: string | undefined
}

/** Letters and digits that cannot be mistaken for one another when read from a screen. */
const READABLE = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789'

/** Throws Fault `bad-request` naming the setting, before anything is made. */
export function checkFirstAdmin(config: Config, secrets: Secrets): void {
  try {
    checkUserId(config.adminUser)
    if (secrets.adminPassword !== undefined) checkPassword(secrets.adminPassword)
  } catch (error) {
    throw namingTheSetting(error)
  }
}

/** Makes the administrators' group and, when there is no account at all, the administrator. */
export async function ensureAdmin(
  features: Features,
  config: Config,
  secrets: Secrets,
): Promise<FirstAdmin | undefined> {
  const { accounts, groups } = features
  if ((await accounts.count()) > 0) return undefined
  if ((await groups.find(ADMIN_GROUP)) === undefined) {
    await groups.add(ADMIN_GROUP, ADMIN_GROUP, 'first start').catch(ignoreExisting)
  }
  const generatedPassword = secrets.adminPassword === undefined ? randomText(20, READABLE) : undefined
  try {
    await accounts.add(
      {
        userId: config.adminUser,
        password: secrets.adminPassword ?? generatedPassword ?? '',
        groupIds: [ADMIN_GROUP],
      },
      'first start',
    )
  } catch (error) {
    // Another node that starts at the same time has made it.
    if (error instanceof Fault && error.kind === 'exists') return undefined
    throw error
  }
  return { userId: config.adminUser, generatedPassword }
}

function ignoreExisting(error: unknown): void {
  if (error instanceof Fault && error.kind === 'exists') return
  throw error
}

function namingTheSetting(error: unknown): unknown {
  if (!(error instanceof Fault) || error.kind !== 'bad-request') return error
  const setting = error.detail.field === 'password' ? 'CLOUDLET_ADMIN_PASSWORD' : 'CLOUDLET_ADMIN_USER'
  return new Fault('bad-request', `${setting}: ${error.message}`, error.detail, { cause: error })
}
