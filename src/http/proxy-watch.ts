import type { FastifyRequest } from 'fastify'
import type { Log } from '../lib/log.ts'
import { plainAddress } from './client-address.ts'

interface ProxyWatchDeps {
  readonly publicUrl: string | undefined
  readonly log: Log
}

/** More different wrong hosts than this are noise from outside, not a setting. */
const MAX_WARNINGS = 20

/**
 * Notices settings that do not fit how requests really arrive, the most common trouble of a first start behind a
 * proxy. Each finding is said once.
 */
export function createProxyWatch({
  publicUrl,
  log,
}: ProxyWatchDeps): (request: FastifyRequest, trusted: boolean) => void {
  const said = new Set<string>()
  const publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).host
  const warnOnce = (key: string, fields: object, message: string): void => {
    if (said.size >= MAX_WARNINGS || said.has(key)) return
    said.add(key)
    log.warn(fields, message)
  }
  return (request, trusted) => {
    const { headers } = request
    if (headers['x-forwarded-for'] !== undefined && !trusted) {
      const peer = plainAddress(request.raw.socket.remoteAddress ?? '') ?? 'unknown'
      warnOnce(
        `proxy ${peer}`,
        { proxy: peer },
        'Requests arrive through a proxy that is not trusted: its X-Forwarded headers are ignored. If it is yours, add its address to CLOUDLET_TRUSTED_PROXIES',
      )
    }
    if (publicUrl === undefined) return
    if (trusted && headers['x-forwarded-proto'] === 'https' && publicUrl.startsWith('http:')) {
      warnOnce('scheme', {}, 'Clients come by https but CLOUDLET_PUBLIC_URL says http: set it to the https address')
    }
    const host = (trusted ? headers['x-forwarded-host'] : undefined) ?? headers.host
    if (typeof host === 'string' && host !== publicHost && trusted) {
      warnOnce(`host ${host}`, { host, publicUrl }, 'A request came by another host than CLOUDLET_PUBLIC_URL names')
    }
  }
}
