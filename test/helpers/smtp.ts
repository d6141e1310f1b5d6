import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { TEST_TLS } from './tls.ts'

/** A letter as the mail server got it. */
export interface ReceivedLetter {
  readonly from: string
  readonly to: readonly string[]
  /** Headers and body, as they came over the wire. */
  readonly raw: string
  readonly wasEncrypted: boolean
  /** Name of the sender's sign-in. */
  readonly user: string | undefined
}

export interface TestMailServer {
  readonly port: number
  readonly letters: ReceivedLetter[]
  /** What the next letters are answered with; 250 when there is nothing. */
  readonly refusals: { at: 'rcpt' | 'data'; code: number }[]
  close(): Promise<void>
}

export interface TestMailServerOptions {
  readonly tls?: 'none' | 'starttls' | 'immediate'
  /** Without one, no sign-in is offered. */
  readonly password?: string
}

/** A real mail server in this process. */
export async function startMailServer({ tls = 'none', password }: TestMailServerOptions = {}): Promise<TestMailServer> {
  const letters: ReceivedLetter[] = []
  const refusals: TestMailServer['refusals'] = []
  const refusal = (at: 'rcpt' | 'data'): Error | undefined => {
    if (refusals[0]?.at !== at) return undefined
    const { code } = refusals.shift() ?? { code: 550 }
    return Object.assign(new Error('Refused by the test'), { responseCode: code })
  }
  const options: SMTPServerOptions = {
    logger: false,
    secure: tls === 'immediate',
    cert: TEST_TLS.cert,
    key: TEST_TLS.key,
    disabledCommands: [...(tls === 'none' ? ['STARTTLS'] : []), ...(password === undefined ? ['AUTH'] : [])],
    allowInsecureAuth: true,
    authOptional: password === undefined,
    disableReverseLookup: true,
    onAuth(auth, _session, done) {
      if (auth.password === password && auth.username !== undefined) done(null, { user: auth.username })
      else done(new Error('Wrong password'))
    },
    onRcptTo: (_address, _session, done) => done(refusal('rcpt')),
    onData(stream, session, done) {
      text(stream).then((raw) => {
        const problem = refusal('data')
        if (problem !== undefined) return done(problem)
        const { mailFrom, rcptTo } = session.envelope
        const from = mailFrom === false || mailFrom === undefined ? '' : mailFrom.address
        const user = typeof session.user === 'string' ? session.user : undefined
        letters.push({ from, to: rcptTo.map(({ address }) => address), raw, wasEncrypted: session.secure, user })
        return done()
      }, done)
    },
  }
  const server = new SMTPServer(options)
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    letters,
    refusals,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

/** Header lines of a letter, unfolded, by their names in small letters. */
export function headersOf({ raw }: ReceivedLetter): Map<string, string[]> {
  const [head = ''] = raw.split('\r\n\r\n')
  const headers = new Map<string, string[]>()
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), line.slice(line.indexOf(':') + 1).trim()])
  }
  return headers
}

/** Text of a letter with its encoding for the way taken off. */
export function textOf({ raw }: ReceivedLetter): string {
  const bytes = raw.replace(/=\r\n/g, '').replace(/((?:=[0-9A-F]{2})+)/g, (encoded) => {
    return Buffer.from(encoded.replaceAll('=', ''), 'hex').toString('utf8')
  })
  const blocks = bytes.replace(/^[A-Za-z0-9+/=\r\n]{60,}$/gm, (block) => Buffer.from(block, 'base64').toString('utf8'))
  return blocks
}
