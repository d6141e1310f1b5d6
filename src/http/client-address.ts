import ipaddr from 'ipaddr.js'
import { inNetworks } from '../lib/networks.ts'

/** Says of an address whether it is one of the trusted proxies. */
export type IsTrusted = (address: string) => boolean

/** `networks` are addresses or CIDR blocks that the configuration has checked. */
export function trustedProxies(networks: readonly string[]): IsTrusted {
  if (networks.length === 0) return () => false
  const isIn = inNetworks(networks)
  const remembered = new Map<string, boolean>()
  return (address) => {
    let trusted = remembered.get(address)
    if (trusted === undefined) {
      trusted = isIn(address)
      if (remembered.size > 1_000) remembered.clear()
      remembered.set(address, trusted)
    }
    return trusted
  }
}

/** An address in its plain spelling: IPv4 inside IPv6 as IPv4, without a zone. undefined when it is none. */
export function plainAddress(text: string): string | undefined {
  const bare = text.trim().replace(/^\[(.*)\](?::\d+)?$/, '$1')
  const withoutPort = /^\d+\.\d+\.\d+\.\d+:\d+$/.test(bare) ? bare.slice(0, bare.lastIndexOf(':')) : bare
  return ipaddr.isValid(withoutPort) ? ipaddr.process(withoutPort).toString() : undefined
}

/**
 * The client's address: the peer, or behind trusted proxies the last address in `X-Forwarded-For` that is not one of
 * them. What an untrusted peer writes into the header counts for nothing.
 */
export function clientAddressOf(peer: string, forwardedFor: string | undefined, isTrusted: IsTrusted): string {
  let address = peer.startsWith('::ffff:') ? (plainAddress(peer) ?? peer) : peer
  if (forwardedFor === undefined || !isTrusted(address)) return address
  const hops = forwardedFor.split(',')
  while (hops.length > 0 && isTrusted(address)) {
    const hop = plainAddress(hops.pop() ?? '')
    if (hop === undefined) break
    address = hop
  }
  return address
}
