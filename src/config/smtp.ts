import { isIP } from 'node:net'

/** Where mail is handed in. */
export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** TLS from the first byte on. */
  readonly isTls: boolean
  /** What to think of STARTTLS (RFC 3207) where the connection begins in the open. */
  readonly tls: 'required' | 'if-offered' | 'off'
  readonly user: string | undefined
  readonly password: string | undefined
}

const PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 }

/** `smtp://user:password@host:587`, `smtps://host`, with `?tls=off` for a server in the own network that has none. */
export function acceptSmtp(text: string): SmtpServer {
  const problem = 'must be smtps://user:password@host or smtp://user:password@host:port'
  const url = /^smtps?:\/\/[^\s/]+\/?(?:\?\S*)?$/i.test(text) && URL.canParse(text) ? new URL(text) : undefined
  const port = PORTS[url?.protocol ?? '']
  if (url === undefined || port === undefined || url.hostname === '' || url.hash !== '') throw new Error(problem)
  const isTls = url.protocol === 'smtps:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const user = decoded(url.username, problem)
  const wish = url.searchParams.get('tls')
  const others = [...url.searchParams.keys()].filter((name) => name !== 'tls')
  if (others.length > 0 || (wish !== null && (wish !== 'off' || isTls))) throw new Error('may have ?tls=off alone')
  if (wish === 'off' && user !== undefined && !isLoopback(host)) {
    throw new Error('must not send a password without TLS to another machine')
  }
  const tls = wish === 'off' ? 'off' : user === undefined || isLoopback(host) ? 'if-offered' : 'required'
  const password = decoded(url.password, problem)
  return { host, port: url.port === '' ? port : Number(url.port), isTls, tls, user, password }
}

function decoded(text: string, problem: string): string | undefined {
  try {
    return text === '' ? undefined : decodeURIComponent(text)
  } catch {
    throw new Error(`${problem}, with % in the password written as %25`)
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** An address alone, without a name: the name is that of the site. */
export function acceptMailAddress(text: string): string {
  if (!/^[^\s@<>(),;:"\\[\]]{1,64}@[^\s@<>(),;:"\\[\]]{1,255}$/.test(text)) {
    throw new Error('must be a mail address such as cloud@example.org')
  }
  return text
}
