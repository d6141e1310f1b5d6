import { hash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Stamps } from '../../db/database.ts'
import {
  type AccountViewer,
  type Authenticator,
  anonymous,
  type ClientInfo,
  type Credentials,
  type Viewer,
} from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import { NOBODYS_HASH, verifyPassword } from '../../lib/password-hash.ts'
import { accountTopic } from '../../lib/topics.ts'
import type { AccountDirectory, AccountIdentity } from '../users/index.ts'
import { type AppPasswords, isUsable, limitsOf } from './app-passwords.ts'
import { appPasswordVersion, type CredentialVersion, passwordVersion, sessionVersion } from './credential-version.ts'
import type { KnownClients } from './known-clients.ts'
import { CONFIRMED_MS, type Sessions, sessionKeyOf } from './sessions.ts'
import type { AppPasswordRow, SessionRow } from './store.ts'
import type { Throttle } from './throttle.ts'
import { RULE_TOPIC } from './two-factor/rules.ts'
import type { TwoFactor } from './two-factor/service.ts'

export interface AuthenticatorDeps {
  readonly accounts: AccountDirectory
  readonly appPasswords: AppPasswords
  readonly sessions: Sessions
  readonly throttle: Throttle
  readonly knownClients: Pick<KnownClients, 'note'>
  /** Whether a sign-in needs more than the password; then the password alone opens nothing. */
  readonly needOf: TwoFactor['needOf']
  readonly allowsPasswords: boolean
  readonly stamps: Stamps
  readonly clock: Clock
  readonly credentialVersion: CredentialVersion
  readonly countLogin: (result: 'accepted' | 'refused' | 'throttled') => void
}

export interface PasswordCheck {
  /**
   * The account that a login name and login password open. Counted against guessing first.
   * Throws Fault `unauthenticated`, the same for an unknown account and a wrong password, after the same work, and with
   * reason `disabled` for the right password of a disabled account; or `too-many`.
   */
  checkPassword(login: string, password: string, address: string): Promise<AccountIdentity>
}

interface Remembered {
  readonly viewer: AccountViewer
  /** Of the account, when the credential was found good. Any change of the account ends it. */
  readonly stamp: number
  /** Of the rule who needs a second factor, for a password alone. */
  readonly ruleStamp?: number
}

interface Refused {
  readonly accountId: number
  readonly stamp: number
  readonly ruleStamp: number
}

/** A viewer when its credential was found good. */
interface FoundGood {
  /** Of the account. */
  readonly stamp: number
  /** See `CredentialVersion`. */
  readonly version: string
}

const MAX_REMEMBERED = 10_000
/** How long a good credential is taken without looking again. A change of the account ends it at once. */
const REMEMBERED_MS = 5 * 60_000
const MAX_SECRET_CHARS = 512
const MAX_LOGIN_CHARS = 320

/**
 * Under which a credential is remembered: a digest with a key that only this process knows, so that neither a dump of the
 * memory nor the time of the look-up says anything about the secret.
 */
function memoryKey(key: string, credential: string): string {
  return hash('sha256', `${key}${credential}`, 'base64url')
}

const wrongCredential = (): Fault => new Fault('unauthenticated', 'Unauthorised')
/** Said to nobody but those who have the right credential: their clients should keep it. */
const disabledAccount = (): Fault => new Fault('unauthenticated', 'Unauthorised', { reason: 'disabled' })

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator & PasswordCheck {
  const { appPasswords, sessions, stamps } = deps
  const key = randomBytes(32).toString('base64url')
  const remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS })
  const rememberedSessions = new LRUCache<string, Remembered & { row: SessionRow }>({
    max: MAX_REMEMBERED,
    ttl: REMEMBERED_MS,
  })
  const check = createPasswordCheck(deps)
  const found = new WeakMap<AccountViewer, FoundGood>()
  /** Passwords that are right and open nothing without a second factor. */
  const refused = new LRUCache<string, Refused>({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS })
  const isKnownRefused = (memory: string): boolean => {
    const entry = refused.get(memory)
    if (entry === undefined || entry.ruleStamp !== stamps.of(RULE_TOPIC)) return false
    return entry.stamp === stamps.of(accountTopic(entry.accountId))
  }

  const recall = (memory: string): Viewer | undefined => {
    const entry = remembered.get(memory)
    if (entry === undefined || entry.stamp !== stamps.of(accountTopic(entry.viewer.accountId))) return undefined
    if (entry.ruleStamp !== undefined && entry.ruleStamp !== stamps.of(RULE_TOPIC)) return undefined
    const { endsAtMs } = entry.viewer
    return endsAtMs === undefined || endsAtMs > deps.clock.nowMs() ? entry.viewer : undefined
  }
  const recallSession = (sessionKey: string): Viewer | undefined => {
    const entry = rememberedSessions.get(sessionKey)
    if (entry === undefined || entry.stamp !== stamps.of(accountTopic(entry.viewer.accountId))) return undefined
    if (!sessions.isAlive(entry.row)) return undefined
    sessions.noteUse(entry.row)
    return entry.viewer
  }
  const byAppPassword = async (
    secret: string,
    login: string | undefined,
    memory: string,
  ): Promise<Viewer | undefined> => {
    const row = await appPasswords.find(secret)
    if (row === undefined) return undefined
    const stamp = stamps.of(accountTopic(row.account_id))
    // Read again under the stamp: it may have been deleted between the two.
    const current = await appPasswords.find(secret)
    const account = await deps.accounts.identity(row.account_id)
    if (current === undefined || account === undefined) return undefined
    if (login !== undefined && !(await isNameOf(deps.accounts, login, account))) return undefined
    // Whoever has it does not guess: a device with an old one must not lock out its owner.
    if (!isUsable(current, deps.clock.nowMs())) throw wrongCredential()
    if (!account.enabled) throw disabledAccount()
    const viewer = byAppPasswordOf(account, current)
    appPasswords.noteUse(row)
    found.set(viewer, { stamp, version: appPasswordVersion(current) })
    remembered.set(memory, { viewer, stamp })
    return viewer
  }
  const byBasic = async (
    { login, secret }: { login: string; secret: string },
    client: ClientInfo,
    memory: string,
  ): Promise<Viewer> => {
    if (secret.length > MAX_SECRET_CHARS || login.length > MAX_LOGIN_CHARS) throw wrongCredential()
    const viaAppPassword = await byAppPassword(secret, login, memory)
    if (viaAppPassword !== undefined) return viaAppPassword
    if (isKnownRefused(memory)) throw wrongCredential()
    const ruleStamp = stamps.of(RULE_TOPIC)
    const account = await check.checkPassword(login, secret, client.address)
    // The account's stamp was read by nobody yet: take it, then make sure that the password still is the one checked.
    const stamp = stamps.of(accountTopic(account.accountId))
    const current = await deps.accounts.identity(account.accountId)
    if (current === undefined || !current.enabled || current.passwordHash !== account.passwordHash)
      throw wrongCredential()
    // Right, but not enough. Clients ask again and again: the hard work is done once.
    if ((await deps.needOf(current.accountId)) !== 'nothing') {
      refused.set(memory, { accountId: current.accountId, stamp, ruleStamp })
      throw wrongCredential()
    }
    await deps.knownClients.note(current.accountId, client)
    const viewer = { ...viewerOf(current), via: 'password' as const, confirmedUntilMs: Number.MAX_SAFE_INTEGER }
    found.set(viewer, { stamp, version: passwordVersion(current) })
    remembered.set(memory, { viewer, stamp, ruleStamp })
    return viewer
  }
  const bySession = async (cookie: string): Promise<Viewer | undefined> => {
    const row = await sessions.find(cookie)
    if (row === undefined) return undefined
    const stamp = stamps.of(accountTopic(row.account_id))
    const account = await deps.accounts.identity(row.account_id)
    const current = await sessions.find(cookie)
    if (account === undefined || current === undefined || !account.enabled) return undefined
    if (current.created_at_ms < account.passwordChangedAtMs) return undefined
    const viewer = {
      ...viewerOf(account),
      via: 'session' as const,
      sessionKey: current.session_key,
      confirmedUntilMs: current.confirmed_at_ms + CONFIRMED_MS,
    }
    sessions.noteUse(current)
    found.set(viewer, { stamp, version: sessionVersion(current) })
    rememberedSessions.set(current.session_key, { viewer, stamp, row: current })
    return viewer
  }
  /** A bearer token that means nothing counts as none (recording ocs-envelope). */
  const byBearer = async (bearer: string, memory: string): Promise<Viewer> => {
    try {
      return (await byAppPassword(bearer, undefined, memory)) ?? anonymous
    } catch (error) {
      if (error instanceof Fault && error.kind === 'unauthenticated') return anonymous
      throw error
    }
  }
  const byHeader = ({ basic, bearer }: Credentials, client: ClientInfo): Viewer | Promise<Viewer> => {
    if (basic !== undefined) {
      const memory = memoryKey(key, `basic ${basic.login}\0${basic.secret}`)
      return recall(memory) ?? byBasic(basic, client, memory)
    }
    if (bearer === undefined || bearer.length > MAX_SECRET_CHARS) return anonymous
    const memory = memoryKey(key, `bearer ${bearer}`)
    return recall(memory) ?? byBearer(bearer, memory)
  }
  return {
    checkPassword: check.checkPassword,
    isRequestToken: sessions.isRequestToken,
    authenticate(credentials, client) {
      if (credentials.sessionCookie === undefined) return byHeader(credentials, client)
      // A session counts before a header that names somebody else (recording session-login).
      const known = recallSession(sessionKeyOf(credentials.sessionCookie))
      if (known !== undefined) return known
      return bySession(credentials.sessionCookie).then((viewer) => viewer ?? byHeader(credentials, client))
    },
    confirm(viewer) {
      const before = found.get(viewer)
      const isUnchanged = before?.stamp === stamps.of(accountTopic(viewer.accountId))
      return isUnchanged ? undefined : confirmAnew(deps, viewer, before?.version)
    },
  }
}

/** The account has changed, perhaps its quota alone. */
async function confirmAnew(
  { accounts, credentialVersion }: AuthenticatorDeps,
  viewer: AccountViewer,
  before: string | undefined,
): Promise<void> {
  const now = await credentialVersion(viewer)
  if (now !== undefined && now.version === before) return
  throw (await accounts.identity(viewer.accountId))?.enabled === false ? disabledAccount() : wrongCredential()
}

function createPasswordCheck(deps: AuthenticatorDeps): PasswordCheck {
  const { accounts, throttle, clock, countLogin } = deps
  return {
    async checkPassword(login, password, address) {
      if (!deps.allowsPasswords) throw wrongCredential()
      const attempt = await throttle.count(login, address).catch((error: unknown) => {
        if (error instanceof Fault && error.kind === 'too-many') countLogin('throttled')
        throw error
      })
      const account = await accounts.findByLogin(login)
      const isRight = await verifyPassword(account?.passwordHash ?? NOBODYS_HASH, password)
      if (account === undefined || !isRight) {
        countLogin('refused')
        throw wrongCredential()
      }
      await attempt.forgive()
      if (!account.enabled) {
        countLogin('refused')
        throw disabledAccount()
      }
      await accounts.recordLogin(account.accountId, clock.nowMs())
      countLogin('accepted')
      return account
    },
  }
}

async function isNameOf(accounts: AccountDirectory, login: string, account: AccountIdentity): Promise<boolean> {
  if (login.toLowerCase() === account.userId.toLowerCase()) return true
  return (await accounts.findByLogin(login))?.accountId === account.accountId
}

function byAppPasswordOf(account: AccountIdentity, row: AppPasswordRow): AccountViewer {
  const limits = limitsOf(row)
  return {
    ...viewerOf(account),
    via: 'app-password',
    appPasswordId: row.id,
    confirmedUntilMs: 0,
    ...(limits === undefined ? {} : { limits }),
    ...(row.ends_at_ms === null ? {} : { endsAtMs: row.ends_at_ms }),
  }
}

type ViewerFacts = Pick<
  AccountViewer,
  'kind' | 'accountId' | 'userId' | 'isAdmin' | 'administeredGroupIds' | 'language'
>

function viewerOf(account: AccountIdentity): ViewerFacts {
  const { accountId, userId, isAdmin, administeredGroupIds, language } = account
  return { kind: 'account', accountId, userId, isAdmin, administeredGroupIds, language }
}
