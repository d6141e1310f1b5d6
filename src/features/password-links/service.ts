import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { randomBase64Url } from '../../lib/ids.ts'
import { languageOfTag } from '../../lib/languages.ts'
import type { Mailer } from '../mail/index.ts'
import type { AccountDirectory, Accounts } from '../users/index.ts'
import { type Occasion, writeLetter } from './letters.ts'
import * as store from './store.ts'

export interface PasswordLinks {
  /** Mails a welcome; an account without a password gets an address at which to choose one. For a job: it may take a while. */
  welcome(accountId: number, signal?: AbortSignal): Promise<void>
  /** Mails somebody who has forgotten the password; nothing when there is no such account, or nowhere to write to. */
  remind(login: string, signal?: AbortSignal): Promise<void>
  /** Whose password can be set by this token; undefined when it was used, has expired, or never was one. */
  find(token: string): Promise<string | undefined>
  /** Sets the password, once. False when the token is none any more. Throws Fault `bad-request` for a poor password. */
  use(token: string, password: string): Promise<boolean>
  sweep(): Promise<void>
}

export interface PasswordLinksDeps {
  readonly db: Database
  readonly clock: Clock
  readonly accounts: Pick<Accounts, 'setPassword' | 'find'>
  readonly directory: Pick<AccountDirectory, 'findByLogin'>
  readonly mailer: Mailer
  /** Without a final slash. Never from a request: whoever sends one could write another server's name into a mail. */
  readonly publicUrl: string
  readonly siteName: () => Promise<string>
}

/** 256 bits: nobody guesses one, so the fast digest in the database is enough. */
const TOKEN_BYTES = 32
const TOKEN_CHARS = 43
const DAY_MS = 24 * 3_600_000
const LIFETIME_MS: Readonly<Record<Occasion, number>> = { invitation: 7 * DAY_MS, welcome: 0, reminder: DAY_MS / 12 }

/** Whoever types somebody's name again and again does not fill that person's mailbox. */
const MAX_PER_HOUR = 3

type Write = (accountId: number, occasion: Occasion, signal?: AbortSignal) => Promise<void>

/** Makes the link that a letter needs, and mails it. */
function createWriting(deps: PasswordLinksDeps): Write {
  const { db, clock, accounts, mailer, publicUrl } = deps
  /** undefined: enough were made lately. */
  const makeLink = async (accountId: number, occasion: Occasion): Promise<string | undefined> => {
    const token = randomBase64Url(TOKEN_BYTES)
    const nowMs = clock.nowMs()
    const isMade = await db.write(async (tx) => {
      if ((await store.countLinksSince(tx, accountId, nowMs - DAY_MS / 24)) >= MAX_PER_HOUR) return false
      const expiresAtMs = nowMs + LIFETIME_MS[occasion]
      const digest = sha256Hex(token)
      await store.insertLink(tx, { digest, account_id: accountId, created_at_ms: nowMs, expires_at_ms: expiresAtMs })
      return true
    })
    return isMade ? token : undefined
  }
  return async (accountId, occasion, signal) => {
    const record = await accounts.find(accountId)
    if (record === undefined || record.row.enabled !== 1 || record.row.email === null) return
    const token = occasion === 'welcome' ? undefined : await makeLink(accountId, occasion)
    if (token === undefined && occasion !== 'welcome') return
    const url = token === undefined ? `${publicUrl}/login` : `${publicUrl}/login/password/${token}`
    const { user_id: userId, display_name: name, email, language } = record.row
    const letter = writeLetter({
      occasion,
      to: email,
      name: name === '' ? userId : name,
      userId,
      site: await deps.siteName(),
      url,
      language: languageOfTag(language) ?? 'en',
    })
    try {
      await mailer.send(letter, signal)
    } catch (error) {
      // The job comes again and makes another: what nobody has read is of no use.
      if (token !== undefined) await db.write((tx) => store.deleteLink(tx, sha256Hex(token)))
      throw error
    }
  }
}

export function createPasswordLinks(deps: PasswordLinksDeps): PasswordLinks {
  const { db, clock, accounts } = deps
  const write = createWriting(deps)
  return {
    async welcome(accountId, signal) {
      const record = await accounts.find(accountId)
      if (record !== undefined)
        await write(accountId, record.row.password_hash === null ? 'invitation' : 'welcome', signal)
    },
    async remind(login, signal) {
      const identity = await deps.directory.findByLogin(login)
      if (identity !== undefined) await write(identity.accountId, 'reminder', signal)
    },
    async find(token) {
      const row = await store.findLink(db.read, digestOf(token), clock.nowMs())
      const record = row === undefined ? undefined : await accounts.find(row.account_id)
      return record?.row.enabled === 1 ? record.row.user_id : undefined
    },
    async use(token, password) {
      const digest = digestOf(token)
      const row = await store.findLink(db.read, digest, clock.nowMs())
      const record = row === undefined ? undefined : await accounts.find(row.account_id)
      if (record === undefined || record.row.enabled !== 1) return false
      try {
        await accounts.setPassword(record, password, 'password-link', async (tx) => {
          if ((await store.takeLink(tx, digest, clock.nowMs())) === undefined) throw used()
        })
        return true
      } catch (error) {
        if (error instanceof Fault && error.detail.reason === USED) return false
        throw error
      }
    },
    sweep: () => db.write((tx) => store.deleteExpired(tx, clock.nowMs())),
  }
}

const USED = 'link-used'
const used = (): Fault => new Fault('conflict', 'The link was used a moment ago', { reason: USED })

function digestOf(token: string): string {
  return sha256Hex(token.slice(0, TOKEN_CHARS + 1))
}
