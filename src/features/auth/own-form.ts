import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html } from '../../http/html.ts'
import { bodyText } from '../../http/page-request.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { Language } from '../../lib/languages.ts'
import type { AccountDirectory } from '../users/index.ts'
import type { PasswordCheck } from './authenticator.ts'
import type { OtherWay } from './other-way.ts'
import type { Sessions } from './sessions.ts'

/** The person in front of the browser; apps have their own ways. Throws Fault `forbidden`. */
export async function sessionViewer(request: FastifyRequest, reply: FastifyReply): Promise<AccountViewer> {
  const viewer = await request.viewer()
  if (viewer.kind === 'anonymous' || viewer.via !== 'session') {
    throw new Fault('forbidden', 'This is only for somebody who has signed in with the browser')
  }
  reply.header('x-user-id', encodeURI(viewer.userId))
  return viewer
}

/** Throws Fault `precondition` when the form was not made for this session. */
export function requireOwnForm(sessions: Sessions, request: FastifyRequest): void {
  const { origin } = request.headers
  const cookie = request.sessionCookie()
  const isOwnOrigin = origin === undefined || origin === 'null' || origin === request.baseUrl
  const hasToken = cookie !== undefined && sessions.isRequestToken(bodyText(request, 'requesttoken'), cookie)
  if (!isOwnOrigin || !(hasToken || request.hasCsrfProof())) {
    throw new Fault('precondition', 'CSRF check failed', { reason: 'csrf' })
  }
}

/** How somebody who signed in long ago shows who they are: an app password is as good as an account. */
export interface Confirmation {
  readonly isNeeded: boolean
  /** Where those sign in again who have no password here. */
  readonly againUrl: string | undefined
}

export interface Confirming {
  confirmationOf(viewer: AccountViewer, returnPath: string): Promise<Confirmation>
  /** Whether the field `password` of the form, where it is needed, is right. Throws Fault `too-many`. */
  isConfirmed(request: FastifyRequest, viewer: AccountViewer): Promise<boolean>
}

export interface ConfirmingDeps {
  readonly passwords: PasswordCheck
  readonly accounts: AccountDirectory
  readonly otherWay: OtherWay | undefined
  readonly allowsPasswords: boolean
  readonly nowMs: () => number
}

export function createConfirming(deps: ConfirmingDeps): Confirming {
  const isNeeded = (viewer: AccountViewer): boolean => viewer.confirmedUntilMs <= deps.nowMs()
  return {
    async confirmationOf(viewer, returnPath) {
      const { otherWay, allowsPasswords } = deps
      const account = await deps.accounts.identity(viewer.accountId)
      const hasPassword = allowsPasswords && account?.passwordHash !== undefined
      const again = `${otherWay?.path}?again=1&redirect_url=${encodeURIComponent(returnPath)}`
      return { isNeeded: isNeeded(viewer), againUrl: otherWay === undefined || hasPassword ? undefined : again }
    },
    async isConfirmed(request, viewer) {
      if (!isNeeded(viewer)) return true
      try {
        await deps.passwords.checkPassword(viewer.userId, bodyText(request, 'password'), request.clientAddress)
        return true
      } catch (error) {
        if (error instanceof Fault && error.kind === 'unauthenticated') return false
        throw error
      }
    },
  }
}

const AGAIN: Readonly<Record<Language, string>> = {
  en: 'Please sign in again first',
  de: 'Bitte zuerst neu anmelden',
  fr: 'Veuillez d’abord vous reconnecter',
}

/** Asks for the password, or leads to where somebody without one proves who they are. */
export function confirmField(
  language: Language,
  label: string,
  id: string,
  { isNeeded, againUrl }: Confirmation,
): Html | undefined {
  if (!isNeeded) return undefined
  if (againUrl !== undefined) return html`<p><a href="${againUrl}">${AGAIN[language]}</a></p>`
  return html`<label for="${id}">${label}</label>
<input id="${id}" name="password" type="password" autocomplete="current-password" required>`
}
