import ipaddr from 'ipaddr.js'

/** Says of an address, in any notation, whether it belongs to the networks. What is no address does not. */
export type IsInNetworks = (address: string) => boolean

/** `networks` are addresses or CIDR blocks that the configuration has checked. */
export function inNetworks(networks: readonly string[]): IsInNetworks {
  const blocks = networks.map(parseNetwork)
  return (text) => {
    if (blocks.length === 0 || !ipaddr.isValid(text)) return false
    const address = ipaddr.process(text)
    return blocks.some(([network, bits]) => address.kind() === network.kind() && address.match(network, bits))
  }
}

function parseNetwork(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.parse(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
