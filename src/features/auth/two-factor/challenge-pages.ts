import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html } from '../../../http/html.ts'
import { type Branding, sendPage } from '../../../http/page.ts'
import { bodyText } from '../../../http/page-request.ts'
import type { HttpRoute } from '../../../http/route.ts'
import { Fault } from '../../../lib/fault.ts'
import { requireOwnForm } from '../own-form.ts'
import type { Sessions } from '../sessions.ts'
import { CHALLENGE_PATH, SETUP_PATH, type SignIn } from '../sign-in.ts'
import type { Pending, PendingLogins } from './pending.ts'
import type { TwoFactor } from './service.ts'
import { alert, challengeView, keyUri, recoveryView, setupView } from './views.ts'
import { type TwoFactorWords, twoFactorWords } from './words.ts'

export interface ChallengePagesDeps {
  readonly sessions: Sessions
  readonly twoFactor: TwoFactor
  readonly pending: PendingLogins
  readonly signIn: SignIn
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
}

/** What somebody may do whose password was right and whose code is still to come: this, and nothing else. */
export function challengePages(deps: ChallengePagesDeps): HttpRoute[] {
  return [showChallenge(deps), answerChallenge(deps), showSetup(deps), confirmSetup(deps)]
}

function showChallenge(deps: ChallengePagesDeps): HttpRoute {
  return {
    method: 'GET',
    path: CHALLENGE_PATH,
    summary: 'Asks for the code of the second step',
    access: 'public',
    async handler(request, reply) {
      if ((await deps.pending.find(request)) === undefined) return leadToLogin(request, reply)
      return sendChallenge(deps, request, reply, undefined)
    },
  }
}

function answerChallenge(deps: ChallengePagesDeps): HttpRoute {
  return {
    method: 'POST',
    path: CHALLENGE_PATH,
    summary: 'Signs in with the code of the second step',
    access: 'public',
    async handler(request, reply) {
      requireOwnForm(deps.sessions, request)
      const found = await deps.pending.find(request)
      if (found === undefined) return leadToLogin(request, reply)
      const { account } = found
      const check = async (): Promise<boolean> =>
        deps.twoFactor.check(account.accountId, bodyText(request, 'code'), account.userId)
      return attempt(deps, request, reply, {
        check,
        sendAgain: (problem) => sendChallenge(deps, request, reply, problem),
        succeed: () => finish(deps, request, reply, found),
      })
    },
  }
}

/** A server may ask for a second step that an account does not have yet. */
function showSetup(deps: ChallengePagesDeps): HttpRoute {
  return {
    method: 'GET',
    path: SETUP_PATH,
    summary: 'Sets up the second step that the server asks for, before the first sign-in with it',
    access: 'public',
    async handler(request, reply) {
      const found = await findForSetup(deps, request)
      if (found === undefined) return leadToLogin(request, reply)
      return sendSetup(deps, request, reply, found, undefined)
    },
  }
}

function confirmSetup(deps: ChallengePagesDeps): HttpRoute {
  return {
    method: 'POST',
    path: SETUP_PATH,
    summary: 'Switches the second step on with its first code, and signs in',
    access: 'public',
    async handler(request, reply) {
      requireOwnForm(deps.sessions, request)
      const found = await findForSetup(deps, request)
      if (found === undefined) return leadToLogin(request, reply)
      const { account, redirectPath } = found
      let codes: readonly string[] = []
      const check = async (): Promise<boolean> => {
        const made = await deps.twoFactor.confirm(account.accountId, bodyText(request, 'code'), account.userId)
        codes = made ?? []
        return made !== undefined
      }
      return attempt(deps, request, reply, {
        check,
        sendAgain: (problem) => sendSetup(deps, request, reply, found, problem),
        async succeed() {
          if (!(await deps.pending.end(request, reply))) return leadToLogin(request, reply)
          await deps.signIn.start(request, reply, account)
          const words = wordsOf(request)
          const next = html`<a class="button" href="${request.baseUrl}${redirectPath}">${words.goOn}</a>`
          return send(deps, request, reply, words.recoveryTitle, recoveryView(words, codes, next))
        },
      })
    },
  }
}

async function findForSetup(deps: ChallengePagesDeps, request: FastifyRequest): Promise<Pending | undefined> {
  const found = await deps.pending.find(request)
  if (found === undefined) return undefined
  // With a second step of its own, an account is asked for that: it cannot be replaced from here.
  return (await deps.twoFactor.needOf(found.account.accountId)) === 'setup' ? found : undefined
}

interface Attempt {
  readonly check: () => Promise<boolean>
  readonly sendAgain: (problem: string) => Promise<FastifyReply>
  readonly succeed: () => Promise<FastifyReply>
}

/** Counted before it is looked at, for this sign-in and for the account. */
async function attempt(
  deps: ChallengePagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { check, sendAgain, succeed }: Attempt,
): Promise<FastifyReply> {
  const words = wordsOf(request)
  if (!(await deps.pending.countAttempt(request))) return sendOver(deps, request, reply, words)
  try {
    if (await check()) return await succeed()
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'too-many') throw error
    reply.header('retry-after', error.detail.retryAfterSeconds ?? 60)
    return sendOver(deps, request, reply, words)
  }
  reply.code(403)
  return sendAgain(words.wrong)
}

async function finish(
  deps: ChallengePagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { account, redirectPath }: Pending,
): Promise<FastifyReply> {
  if (!(await deps.pending.end(request, reply))) return leadToLogin(request, reply)
  await deps.signIn.start(request, reply, account)
  return reply.redirect(`${request.baseUrl}${redirectPath}`, 303)
}

function sendOver(
  deps: ChallengePagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  words: TwoFactorWords,
): Promise<FastifyReply> {
  reply.code(429)
  const body = html`<h2>${words.challengeTitle}</h2>
${alert(words.tooMany)}
<a class="button" href="/login">${words.again}</a>`
  return send(deps, request, reply, words.challengeTitle, body)
}

function sendChallenge(
  deps: ChallengePagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: string | undefined,
): Promise<FastifyReply> {
  const words = wordsOf(request)
  const place = { path: CHALLENGE_PATH, requestToken: tokenOf(deps, request) }
  return send(deps, request, reply, words.challengeTitle, challengeView(words, place, problem))
}

async function sendSetup(
  deps: ChallengePagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { account }: Pending,
  problem: string | undefined,
): Promise<FastifyReply> {
  const words = wordsOf(request)
  const { accountId, userId } = account
  const secret = (await deps.twoFactor.findUnconfirmed(accountId)) ?? (await deps.twoFactor.begin(accountId)).secret
  const { name } = await deps.branding(request.baseUrl)
  const place = { path: SETUP_PATH, requestToken: tokenOf(deps, request) }
  const setup = await setupView(words, place, { secret, uri: keyUri(name, userId, secret) }, problem)
  const body = html`<h2>${words.mustTitle}</h2><p>${words.must}</p>${setup}`
  return send(deps, request, reply, words.mustTitle, body)
}

const tokenOf = ({ sessions }: ChallengePagesDeps, request: FastifyRequest): string =>
  sessions.requestToken(request.sessionCookie() ?? '')

const wordsOf = (request: FastifyRequest): TwoFactorWords => twoFactorWords('', request.headers['accept-language'])

const leadToLogin = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.redirect(`${request.baseUrl}/login`, 303)

async function send(
  { branding }: ChallengePagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  title: string,
  body: Html,
): Promise<FastifyReply> {
  const look = await branding(request.baseUrl)
  reply.header('cache-control', 'no-store')
  const { language } = wordsOf(request)
  return sendPage(reply, { language, title: `${title} – ${look.name}`, branding: look, body })
}
