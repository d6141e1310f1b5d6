import type { Command } from '../../cli/command.ts'
import type { Database } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import { Fault } from '../../lib/fault.ts'
import type { CredentialVersion } from '../auth/index.ts'
import './events.ts'
import { type Finding, selfTest } from './self-test.ts'
import type { PushTokens } from './tokens.ts'

export interface PushCommandsDeps {
  readonly db: Database
  readonly events: Events
  readonly tokens: PushTokens
  readonly credentialVersion: CredentialVersion
  /** Throws Fault `not-found`. */
  readonly accountIdOf: (userId: string) => Promise<number>
  /** Accounts of administrators; they may be disabled. */
  readonly listAdminIds: () => Promise<number[]>
  /** Scheme, host and path by which clients reach this server, without a final slash. */
  readonly ownUrl: string
}

export function pushCommands(deps: PushCommandsDeps): Command[] {
  return [reset(deps), trySocket(deps)]
}

function reset({ db, events, accountIdOf }: PushCommandsDeps): Command {
  return {
    name: 'notify_push:reset',
    summary: 'End websocket connections, all or those of one account; clients come back by themselves',
    args: [{ name: 'uid?', summary: 'Whose connections' }],
    async run({ args }, out) {
      const { uid } = args
      const whose = uid === undefined ? {} : { accountId: await accountIdOf(uid) }
      await db.write((tx) => events.add(tx, 'push.reset', whose))
      out.result({ reset: uid ?? true }, [`Connections ${uid === undefined ? '' : `of ${uid} `}are being reset`])
    },
  }
}

function trySocket(deps: PushCommandsDeps): Command {
  const { db, events, tokens } = deps
  return {
    name: 'notify_push:self-test',
    summary: 'Try the websocket as a client does, through the proxy: address, sign-in, news, pings',
    args: [{ name: 'uid?', summary: 'As whom it signs in; else an administrator' }],
    options: { url: { type: 'string', value: 'URL', summary: 'Address to try in place of CLOUDLET_PUBLIC_URL' } },
    examples: ['notify_push:self-test', 'notify_push:self-test --url http://127.0.0.1:8080'],
    async run({ args, options }, out) {
      const holder = await testHolder(deps, args['uid'])
      const url = typeof options['url'] === 'string' ? acceptUrl(options['url']) : deps.ownUrl
      const findings = await selfTest({
        url,
        makeToken: () => tokens.make(holder),
        tell: () => db.write((tx) => events.add(tx, 'push.tested', { accountId: holder.accountId })),
      })
      const works = findings.every(({ outcome }) => outcome === 'works')
      out.result({ works, findings: findings.map((finding) => ({ ...finding })) }, findings.map(lineOf))
      if (!works) throw new Fault('unavailable', 'Clients will not hear of news by the websocket')
    },
  }
}

/** An account that may sign in. Throws Fault `not-found` or `forbidden`. */
async function testHolder({ accountIdOf, listAdminIds, credentialVersion }: PushCommandsDeps, userId?: string) {
  const accountIds = userId === undefined ? await listAdminIds() : [await accountIdOf(userId)]
  for (const accountId of accountIds) {
    const credential = await credentialVersion({ accountId, via: 'password' })
    if (credential !== undefined) return { accountId, via: 'password', ...credential } as const
  }
  throw new Fault('forbidden', userId === undefined ? 'No administrator may sign in' : `${userId} may not sign in`)
}

/** Throws Fault `bad-request`. */
function acceptUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/i.test(text)) {
    throw new Fault('bad-request', `--url: ${text} is no address with http or https`, { reason: 'usage' })
  }
  return text.replace(/\/+$/, '')
}

const MARKS = { works: '✓', fails: '✗', skipped: '–' } as const

function lineOf({ name, outcome, detail }: Finding): string {
  return `${MARKS[outcome]} ${name}${detail === '' ? '' : `: ${detail}`}`
}
