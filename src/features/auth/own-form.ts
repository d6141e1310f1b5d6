import type { FastifyReply, FastifyRequest } from 'fastify'
import { bodyText } from '../../http/page-request.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { PasswordCheck } from './authenticator.ts'
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

/** Somebody who signed in long ago types the password again: an app password is as good as an account. */
export function needsPassword(viewer: AccountViewer, nowMs: number): boolean {
  return viewer.confirmedUntilMs <= nowMs
}

/** Whether the field `password` of the form, where it is needed, is right. Throws Fault `too-many`. */
export async function isConfirmed(
  { passwords, nowMs }: { readonly passwords: PasswordCheck; readonly nowMs: () => number },
  request: FastifyRequest,
  viewer: AccountViewer,
): Promise<boolean> {
  if (!needsPassword(viewer, nowMs())) return true
  try {
    await passwords.checkPassword(viewer.userId, bodyText(request, 'password'), request.clientAddress)
    return true
  } catch (error) {
    if (error instanceof Fault && error.kind === 'unauthenticated') return false
    throw error
  }
}
