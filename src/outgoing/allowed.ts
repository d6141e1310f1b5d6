import { isIP } from 'node:net'
import { type IsInNetworks, inNetworks } from '../lib/networks.ts'

/** What an administrator lets requests reach beyond the public Internet. */
export interface Allowed {
  /** The host itself is named: it may be anywhere and may be spoken to without TLS. */
  hasHost(hostname: string): boolean
  readonly hasAddress: IsInNetworks
}

/** Entries are host names, addresses and CIDR blocks that the configuration has checked. */
export function createAllowed(entries: readonly string[]): Allowed {
  const isNetwork = (entry: string): boolean => isIP(entry.split('/')[0] ?? '') !== 0
  const hosts = new Set(entries.filter((entry) => !isNetwork(entry)).map(plainHost))
  return {
    hasHost: (hostname) => hosts.has(plainHost(hostname)),
    hasAddress: inNetworks(entries.filter(isNetwork)),
  }
}

function plainHost(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, '')
}
