import { limited } from '../../http/reach.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Accounts } from '../users/index.ts'
import { type AppPasswords, NO_ONE_TIME } from './app-passwords.ts'
import type { PasswordCheck } from './authenticator.ts'
import type { KnownClients } from './known-clients.ts'
import type { Sessions } from './sessions.ts'

export interface AuthRoutesDeps {
  readonly accounts: Pick<Accounts, 'getEditable'>
  readonly appPasswords: AppPasswords
  readonly sessions: Sessions
  readonly passwords: PasswordCheck
  readonly knownClients: Pick<KnownClients, 'note'>
}

const Secret = Type.Object({ apppassword: Type.String() })

export function authRoutes(deps: AuthRoutesDeps): OcsRoute[] {
  return [
    getAppPassword(deps),
    getOneTimeAppPassword(deps),
    removeAppPassword(deps),
    rotateAppPassword(deps),
    confirmPassword(deps),
    checkPerson(deps),
    wipeDevices(deps),
  ]
}

const getAppPassword = ({ appPasswords }: AuthRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/core/getapppassword',
    summary: 'Makes an app password in place of the login password, named after the client',
    auth: 'user',
    confirm: true,
    reply: Secret,
    async handler({ viewer, request }) {
      const name = request.headers['user-agent'] ?? ''
      const { secret } = await appPasswords.add(viewer.accountId, name, viewer.userId)
      return { apppassword: secret }
    },
  })

/** Such a password is in the code that the page of devices shows for phones. */
const getOneTimeAppPassword = ({ appPasswords }: AuthRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/core/getapppassword-onetime',
    summary: 'Turns the one-time password in use into an app password, named after the client',
    auth: 'user',
    reach: 'self',
    reply: Secret,
    async handler({ viewer, request }) {
      if (viewer.limits?.isOneTime !== true) throw new Fault('forbidden', NO_ONE_TIME)
      const { accountId, userId } = viewer
      const name = request.headers['user-agent'] ?? ''
      const { secret } = await appPasswords.redeemOneTime(accountId, appPasswordOf(viewer), name, userId)
      return { apppassword: secret }
    },
  })

const removeAppPassword = ({ appPasswords }: AuthRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: '/core/apppassword',
    summary: 'Deletes the app password in use',
    auth: 'user',
    reach: 'self',
    async handler({ viewer }) {
      await appPasswords.remove(viewer.accountId, appPasswordOf(viewer), viewer.userId)
      return undefined
    },
  })

/** The old secret stops at once; in the reference it worked for some seconds more, which protects nobody. */
const rotateAppPassword = ({ appPasswords }: AuthRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/core/apppassword/rotate',
    summary: 'Replaces the app password in use by a new one',
    auth: 'user',
    reach: 'self',
    reply: Secret,
    async handler({ viewer }) {
      if (viewer.limits?.isOneTime === true) throw limited()
      const secret = await appPasswords.rotate(viewer.accountId, appPasswordOf(viewer), viewer.userId)
      return { apppassword: secret }
    },
  })

function appPasswordOf(viewer: AccountViewer): number {
  if (viewer.appPasswordId === undefined) throw new Fault('forbidden', 'no app password in use')
  return viewer.appPasswordId
}

const confirmPassword = ({ passwords, sessions }: AuthRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: '/core/apppassword/confirm',
    summary: 'Types the login password again',
    auth: 'user',
    input: Type.Object({ password: Type.String({ maxLength: 512 }) }),
    reply: Type.Object({ lastLogin: Type.Integer({ description: 'Seconds since 1970' }) }),
    codes: { unauthenticated: 403 },
    async handler({ viewer, input, request }) {
      await passwords.checkPassword(viewer.userId, input.password, request.clientAddress).catch(asForbidden)
      const { sessionKey, accountId } = viewer
      const atMs =
        sessionKey === undefined
          ? Date.now()
          : await sessions.confirm({ session_key: sessionKey, account_id: accountId })
      return { lastLogin: Math.floor(atMs / 1_000) }
    },
  })

/** The caller is known; it is only this password that is wrong. A 401 would make clients forget their own. */
function asForbidden(error: unknown): never {
  if (error instanceof Fault && error.kind === 'unauthenticated') throw new Fault('forbidden', '')
  throw error
}

const checkPerson = ({ passwords, knownClients }: AuthRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/person/check',
    summary: 'Whether a login name and password fit together',
    auth: 'public',
    input: Type.Object({
      login: Type.String({ maxLength: 320, default: '' }),
      password: Type.String({ maxLength: 512, default: '' }),
    }),
    reply: Type.Object({ person: Type.Object({ personid: Type.String() }) }),
    codes: { 'wrong-person': 102, incomplete: 101 },
    async handler({ input, request }) {
      if (input.login === '' || input.password === '') throw new Fault('bad-request', '', { reason: 'incomplete' })
      try {
        const account = await passwords.checkPassword(input.login, input.password, request.clientAddress)
        // Whoever finds out that a password is right is as good as signed in.
        const userAgent = request.headers['user-agent'] ?? ''
        await knownClients.note(account.accountId, { address: request.clientAddress, userAgent })
        return { person: { personid: account.userId } }
      } catch (error) {
        if (error instanceof Fault && error.kind === 'unauthenticated') {
          throw new Fault('forbidden', '', { reason: 'wrong-person' })
        }
        throw error
      }
    },
  })

const wipeDevices = ({ accounts, appPasswords }: AuthRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/cloud/users/:userId/wipe',
    summary: 'Asks every device of an account to delete its data; their app passwords open nothing any more',
    auth: 'group-admin',
    confirm: true,
    codes: { hidden: 998, self: 101 },
    async handler({ viewer, params }) {
      const { row } = await accounts.getEditable(viewer, params.userId)
      if (row.id === viewer.accountId) throw new Fault('bad-request', '', { reason: 'self' })
      await appPasswords.askForWipe(row.id, viewer.userId)
      return undefined
    },
  })
